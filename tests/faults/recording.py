"""Run the recorder in this process against a loopback venue, and read its rows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import polars as pl
from tests.faults.record_venue import Tape, Venue

from solalpha import clock
from solalpha.config import Paths
from solalpha.hyperliquid.stream import Stream, StreamEvent
from solalpha.hyperliquid.stream_parsing import read_frame
from solalpha.hyperliquid.watchdogs import SILENCE_S, StreamPatience
from solalpha.raw import lake
from solalpha.raw.recorder.record import Recorder, plan, record

# A venue on loopback answers at once, so that a test need not wait as a trader does.
HASTY = StreamPatience(
    silence_s=dict.fromkeys(SILENCE_S, 1.5),
    longest_silence_s=1.5,
    ping_every_s=0.2,
    pong_within_s=5.0,
    connect_within_s=2.0,
    close_within_s=0.2,
    first_pause_s=0.001,
    longest_pause_s=0.002,
    healthy_after_s=0.05,
    tick_s=0.02,
)


class Ending:
    """Hand on a stream's events until the end of the tape, or a number of losses."""

    def __init__(self, stream: Stream, losses: int | None = None) -> None:
        self.stream, self.losses = stream, losses
        self.is_over = False
        self.reasons: list[str] = []

    async def events(self):
        async for event in self.stream.events():
            self._note(event)
            yield event

    def _note(self, event: StreamEvent) -> None:
        if event.kind == "lost":
            self.reasons.append(event.reason)
        is_end = event.message is not None and event.message.kind == "other"
        self.is_over = is_end or len(self.reasons) == self.losses


async def run_recorder(
    paths: Paths,
    venue: Venue,
    *,
    coins: tuple[str, ...] = ("SOL",),
    patience: StreamPatience = HASTY,
    losses: int | None = None,
    within_s: float = 60,
) -> tuple[dict, Ending]:
    """Record until the venue's tape ends; return the counts and what ended it."""
    async with venue.open() as url:
        stream = Stream(url, coins, patience=patience)
        ending = Ending(stream, losses)
        recorder = Recorder(paths, plan(coins, 3600.0), read=read_frame)
        async with asyncio.timeout(within_s):
            counts = await record(
                recorder,
                ending.events(),
                is_over=lambda _: ending.is_over,
                now=clock.now,
                monotonic_s=clock.monotonic_s,
            )
    return counts, ending


def rows_of(paths: Paths) -> Tape:
    """Return the stored trades and books in the form of a tape's rows."""
    tape = Tape()
    trades = lake.read(paths, "trades").with_columns(
        pl.col("event_at").dt.epoch("ms").alias("at"),
        pl.col("aggressor_side").replace_strict({"buy": "B", "sell": "A"}).alias("s"),
    )
    tape.trades = {
        (
            row["at"],
            row["trade_id"],
            row["s"],
            _plain(row["price"]),
            _plain(row["size"]),
        )
        for row in trades.iter_rows(named=True)
    }
    books = lake.read(paths, "book_snapshots").with_columns(
        pl.col("event_at").dt.epoch("ms").alias("at")
    )
    tape.books = {
        (row["at"], _plain(row["bid_price_1"]), _plain(row["ask_size_20"]))
        for row in books.iter_rows(named=True)
    }
    tape.contexts = lake.read(paths, "asset_contexts").height
    return tape


def plain_rows(tape: Tape) -> Tape:
    """Return the tape with its numbers in the form that ``rows_of`` gives."""
    return Tape(
        trades={(a, t, s, _plain(p), _plain(z)) for a, t, s, p, z in tape.trades},
        books={(at, _plain(bid), _plain(size)) for at, bid, size in tape.books},
        contexts=tape.contexts,
    )


def parquet_files(paths: Paths) -> list[Path]:
    """Return every finished file of the raw tables."""
    return sorted(paths.raw.rglob("*.parquet"))


def _plain(number: object) -> str:
    text = f"{number}"
    return text.rstrip("0").rstrip(".") if "." in text else text
