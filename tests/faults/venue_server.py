"""The standing venue on real sockets of this machine, misbehaving by seed."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
from collections import Counter
from email.utils import format_datetime
from typing import Any

from tests.faults.venue_world import VenueWorld

FAULTS = (
    "drop_request",
    "drop_reply",
    "delay",
    "stall",
    "http_429",
    "http_429_wish",
    "http_500",
    "http_502_html",
    "http_503",
    "http_504",
    "html_200",
    "truncated_json",
    "cut_body",
    "empty_body",
    "other_charset",
    "null",
    "refusal_200",
    "duplicate_rows",
    "reordered_rows",
    "empty_page",
    "other_coin",
)
_HTML = b"<html><body>maintenance</body></html>"
_STATUS = {
    "http_429": (429, b"null"),
    "http_429_wish": (429, b"null"),
    "http_500": (500, b"null"),
    "http_502_html": (502, _HTML),
    "http_503": (503, b""),
    "http_504": (504, _HTML),
}
_BODIES = {
    "html_200": _HTML,
    "empty_body": b"",
    "other_charset": b'{"a": "\xe9\xff"}',
    "null": b"null",
    "refusal_200": b'{"status": "err", "response": "busy"}',
}
_LISTS = ("candleSnapshot", "fundingHistory", "recentTrades")
DELAY_S, STALL_S = 0.01, 0.4


class VenueServer:
    """Serve ``world`` on a free port of the loopback; use as a context manager.

    ``misbehave(seed, share)`` makes that share of the replies faulty.
    """

    def __init__(self, world: VenueWorld) -> None:
        self.world = world
        self.seen: Counter[str] = Counter()
        self._random, self._share = random.Random(0), 0.0  # noqa: S311
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def misbehave(self, seed: int, share: float) -> None:
        self._random, self._share = random.Random(seed), share  # noqa: S311

    def __enter__(self) -> VenueServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._talk, sock=self._socket)
        self._ready.set()
        await self._stopped.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    def _stop(self) -> None:
        self._stopped.set()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        fault = ""
        if self._random.random() < self._share:
            fault = self._random.choice(FAULTS)
            self.seen[fault] += 1
        return await self._reply(body, fault, writer)

    async def _reply(
        self, body: dict[str, Any], fault: str, writer: asyncio.StreamWriter
    ) -> bool:
        if fault == "drop_request":
            return False
        status, content = self._answer(body, fault)
        if fault == "drop_reply":
            return False
        if fault == "delay":
            await asyncio.sleep(DELAY_S)
        announced = len(content) + (100 if fault == "cut_body" else 0)
        writer.write(self._head(status, announced, fault))
        if fault == "stall":
            writer.write(content[: len(content) // 2])
            await writer.drain()
            await asyncio.sleep(STALL_S)
            return False
        writer.write(content)
        await writer.drain()
        if fault == "cut_body":
            writer.close()
            return False
        return True

    def _head(self, status: int, length: int, fault: str) -> bytes:
        moment = self.world.moment.replace(microsecond=0)
        lines = [
            f"HTTP/1.1 {status} X",
            f"Date: {format_datetime(moment, usegmt=True)}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
        ]
        if fault == "http_429_wish":
            lines.append("Retry-After: 3")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _answer(self, body: dict[str, Any], fault: str) -> tuple[int, bytes]:
        if fault in _STATUS:
            return _STATUS[fault]
        if fault in _BODIES:
            return 200, _BODIES[fault]
        value = self.world.answer(body)
        if body["type"] in _LISTS and isinstance(value, list):
            value = self._twisted(value, fault)
        content = json.dumps(value).encode()
        if fault == "truncated_json":
            content = content[: self._random.randrange(1, len(content))]
        return 200, content

    def _twisted(self, rows: list[Any], fault: str) -> list[Any]:
        if fault == "empty_page":
            return []
        if fault == "duplicate_rows":
            return sorted([*rows, *self._random.choices(rows, k=7)], key=str)
        if fault == "reordered_rows":
            return self._random.sample(rows, len(rows))
        if fault == "other_coin":
            return [row | {"coin": "BTC", "s": "BTC"} for row in rows]
        return rows
