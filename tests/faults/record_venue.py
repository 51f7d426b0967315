"""A websocket venue on loopback that replays a tape and misbehaves on purpose.

The tape is drawn by seed in the shapes of the venue's own frames, or read from
recordings. A connection that breaks is resumed by the venue a few frames before the
break, so that a recorder that does its work ends with exactly the tape's rows.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

START_MS = 1_756_857_600_000  # 2025-09-03 00:00 UTC
END = b'{"channel":"notification","data":"end of the tape"}'
# What a connection may do at a frame; those in BREAKING end the connection.
HARMLESS = (
    *("duplicate", "reorder", "not_json", "html", "binary", "wrong_types"),
    *("numbers", "no_channel", "future", "stray_coin", "slow", "fragments", "error"),
)
BREAKING = ("drop", "drop_mid_frame", "close_1000", "close_1011", "huge", "silence")
FAULTS = HARMLESS + BREAKING
_OVERLAP = 3
# Wishes for one coin, before which nothing is sent.
_CHANNELS = 5
_TROUBLE = {
    "not_json": b'{"channel":"trades","data":[{"coin":"SOL",',
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "binary": bytes(range(256)),
    "wrong_types": b'{"channel":"trades","data":{"coin":7}}',
    "no_channel": b'["trades"]',
    "error": b'{"channel":"error","data":"Too many subscriptions"}',
    "numbers": b'{"channel":"trades","data":[{"coin":"SOL","side":"B","px":208.9,'
    b'"sz":"1","time":1756857600000,"tid":1}]}',
    "future": b'{"channel":"trades","data":[{"coin":"SOL","side":"B","px":"208.9",'
    b'"sz":"1","time":4000000000000,"tid":2}]}',
    "stray_coin": b'{"channel":"trades","data":[{"coin":"DOGE","side":"B","px":"0.2",'
    b'"sz":"1","time":1756857600000,"tid":3}]}',
}


@dataclass(slots=True)
class Tape:
    """Hold frames in order, and the rows that a faithful recorder gets from them."""

    frames: list[bytes] = field(default_factory=list)
    trades: set[tuple[int, int, str, str, str]] = field(default_factory=set)
    books: set[tuple[int, str, str]] = field(default_factory=set)
    contexts: int = 0

    def add_trades(self, coin: str, rows: Iterable[tuple[int, int, str, str, str]]):
        found = list(rows)
        self.trades.update(found)
        items = [
            {
                "coin": coin,
                "side": side,
                "px": price,
                "sz": size,
                "hash": "0x" + "0" * 64,
                "time": at,
                "tid": tid,
                "users": ["0x" + "1" * 40, "0x" + "2" * 40],
            }
            for at, tid, side, price, size in found
        ]
        self._add("trades", items)

    def add_book(
        self,
        coin: str,
        at: int,
        bids: list[tuple[str, str, int]],
        asks: list[tuple[str, str, int]],
        *,
        is_fast: bool = False,
    ) -> None:
        sides = [
            [{"px": price, "sz": size, "n": count} for price, size, count in side]
            for side in (bids, asks)
        ]
        book: dict[str, object] = {"coin": coin, "time": at, "levels": sides}
        if is_fast:
            book["fast"] = True
        else:
            self.books.add((at, bids[0][0], asks[-1][1]))
        self._add("l2Book", book)

    def add_quotes(self, coin: str, at: int, bid: str, ask: str) -> None:
        pair = [{"px": price, "sz": "10.5", "n": 2} for price in (bid, ask)]
        self._add("bbo", {"coin": coin, "time": at, "bbo": pair})

    def add_context(self, coin: str, mark: str) -> None:
        self.contexts += 1
        context = {
            "dayNtlVlm": "436168628.3827002048",
            "prevDayPx": "201.1",
            "funding": "0.0000125",
            "openInterest": "5734236.3800000008",
            "oraclePx": mark,
            "markPx": mark,
            "midPx": None,
            "premium": "-0.00012",
            "impactPxs": None,
        }
        self._add("activeAssetCtx", {"coin": coin, "ctx": context})

    def _add(self, channel: str, data: object) -> None:
        body = {"channel": channel, "data": data}
        self.frames.append(json.dumps(body, separators=(",", ":")).encode())


def drawn_tape(seed: int, seconds: int, *, coin: str = "SOL", start_ms: int = START_MS):
    """Return a tape of a liquid coin: some eleven frames a second."""
    rng = random.Random(seed)  # noqa: S311 - a tape, no secret
    tape, tid, cents = Tape(), 1_000_000 * (seed + 1), 20_900
    for second in range(seconds):
        at = start_ms + second * 1_000
        cents += rng.randint(-2, 2)
        for beat in range(4):
            moment = at + 200 * beat + rng.randint(0, 150)
            bid, ask = _price(cents - rng.randint(1, 2)), _price(cents)
            tape.add_quotes(coin, moment, bid, ask)
            if beat % 2 == 0:
                tape.add_book(coin, moment, *_ladders(rng, cents, 5), is_fast=True)
        for _ in range(rng.randint(1, 5)):
            rows = []
            for _ in range(rng.randint(1, 4)):
                tid += rng.randint(1, 9)
                size = f"{rng.randint(1, 4000) / 100:.2f}"
                rows.append((at + 400, tid, rng.choice("AB"), _price(cents), size))
            tape.add_trades(coin, rows)
        if second % 5 == 0:
            tape.add_book(coin, at + 500, *_ladders(rng, cents, 20))
        if second % 3 == 0:
            tape.add_context(coin, _price(cents))
    return tape


def recorded_tape(folder: Path, coin: str = "SOL") -> Tape:
    """Return the frames of recorded books and trades, in the order of receipt."""
    books = pl.read_csv(folder / f"orderbooks_{coin}.csv.gz", infer_schema=False)
    trades = pl.read_csv(folder / f"trades_{coin}.csv.gz", infer_schema=False)
    events: list[tuple[float, int, object]] = []
    for row in books.iter_rows(named=True):
        events.append((float(row["timestamp"]), 0, row))
    for (at,), rows in trades.group_by("timestamp", maintain_order=True):
        events.append((float(str(at)), 1, rows))
    tape = Tape()
    for _, kind, found in sorted(events, key=lambda event: event[:2]):
        if kind == 0:
            tape.add_book(coin, int(found["exchange_timestamp"]), *_sides(found))
        else:
            tape.add_trades(
                coin,
                [
                    (
                        int(row["exchange_timestamp"]),
                        int(row["trade_id"]),
                        "B" if row["side"] == "buy" else "A",
                        row["price"],
                        row["size"],
                    )
                    for row in found.iter_rows(named=True)
                ],
            )
    return tape


def raw_frames(path: Path) -> list[bytes]:
    """Return the frames of a file of ``nanoseconds frame`` lines."""
    with gzip.open(path, "rb") as stream:
        return [line.partition(b" ")[2].rstrip(b"\n") for line in stream]


def _sides(row: dict[str, str]) -> tuple[list[tuple[str, str, int]], ...]:
    return tuple(
        [(row[f"{side}_price_{n}"], row[f"{side}_size_{n}"], 1) for n in range(20)]
        for side in ("bid", "ask")
    )


def _ladders(rng: random.Random, cents: int, depth: int):
    def side(step: int) -> list[tuple[str, str, int]]:
        return [
            (
                _price(cents + step * (level + 1)),
                f"{rng.randint(1, 300_000) / 100:.2f}",
                rng.randint(1, 60),
            )
            for level in range(depth)
        ]

    return side(-1), side(1)


def _price(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


class Venue:
    """Serve a tape; ``fault_share`` of the frames come with a fault drawn by seed."""

    def __init__(
        self,
        tape: list[bytes],
        *,
        seed: int = 0,
        faults: tuple[str, ...] = (),
        fault_share: float = 0.0,
        is_rewound: bool = False,
        pace_s: float = 0.0,
    ) -> None:
        self.tape, self.faults, self.fault_share = tape, faults, fault_share
        self.is_rewound, self.pace_s = is_rewound, pace_s
        self.place = 0
        self.planted: dict[str, int] = {}
        self.subscriptions: list[dict[str, object]] = []
        self.connections = self.ends = 0
        self.is_mute = False
        self._rng = random.Random(seed)  # noqa: S311 - faults, no secret

    @asynccontextmanager
    async def open(self):
        """Yield the address."""
        async with serve(
            self._serve, "127.0.0.1", 0, ping_interval=None, compression=None
        ) as server:
            port = server.sockets[0].getsockname()[1]
            yield f"ws://127.0.0.1:{port}/ws"

    async def _serve(self, socket: ServerConnection) -> None:
        self.connections += 1
        if self.is_rewound:
            self.place = 0
        wished = asyncio.Event()
        sender = asyncio.ensure_future(self._send_after(wished, socket))
        wishes = 0
        try:
            async for text in socket:
                wish = json.loads(text)
                if wish["method"] == "ping":
                    if not self.is_mute:
                        await socket.send('{"channel":"pong"}')
                    continue
                self.subscriptions.append(wish["subscription"])
                wishes += 1
                reply = {"channel": "subscriptionResponse", "data": wish}
                await socket.send(json.dumps(reply))
                if wishes == _CHANNELS:
                    wished.set()
        except ConnectionClosed:
            pass
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send_after(
        self, wished: asyncio.Event, socket: ServerConnection
    ) -> None:
        await wished.wait()
        await self._send(socket)

    async def _send(self, socket: ServerConnection) -> None:
        while self.place < len(self.tape):
            fault = None
            if self.faults and self._rng.random() < self.fault_share:
                fault = self._rng.choice(self.faults)
                self.planted[fault] = self.planted.get(fault, 0) + 1
            if fault in BREAKING:
                self.place = max(0, self.place - _OVERLAP)
                await self._break(socket, fault)
                return
            await self._send_one(socket, fault)
            if self.pace_s:
                await asyncio.sleep(self.pace_s)
        await socket.send(END.decode())
        self.ends += 1

    async def _send_one(self, socket: ServerConnection, fault: str | None) -> None:
        frames = [self.tape[self.place]]
        if fault == "reorder" and self.place + 1 < len(self.tape):
            frames = [self.tape[self.place + 1], frames[0]]
        if fault == "duplicate":
            frames *= 2
        if fault in _TROUBLE:
            trouble = _TROUBLE[fault]
            is_text = fault != "binary"
            await socket.send(trouble.decode() if is_text else trouble)
        for frame in frames:
            if fault == "fragments":
                text = frame.decode()
                await socket.send([text[:7], text[7:60], text[60:]])
            else:
                await socket.send(frame.decode())
            if fault == "slow":
                await asyncio.sleep(0.002)
        self.place += 2 if fault == "reorder" and len(frames) == 2 else 1

    async def _break(self, socket: ServerConnection, fault: str) -> None:
        # An answered ping says that every frame before it has arrived.
        await (await socket.ping())
        if fault == "drop_mid_frame":
            frame = self.tape[self.place]
            head = bytes([0x81, 126]) + len(frame).to_bytes(2, "big")
            socket.transport.write(head + frame[: len(frame) // 2])
            await asyncio.sleep(0)
            socket.transport.abort()
        elif fault == "drop":
            socket.transport.abort()
        elif fault == "huge":
            await socket.send("[" + "0," * (3 << 20) + "0]")
        elif fault == "silence":
            await asyncio.sleep(3600)
        else:
            await socket.close(int(fault.removeprefix("close_")))
