"""The recorder against a venue that misbehaves: the tape's rows, each once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.faults.record_venue import (
    BREAKING,
    FAULTS,
    Venue,
    drawn_tape,
    raw_frames,
    recorded_tape,
)
from tests.faults.recording import (
    HASTY,
    Ending,
    parquet_files,
    plain_rows,
    rows_of,
    run_recorder,
)

from solalpha.config import Paths, real_data_dir
from solalpha.errors import DataError, VenueError
from solalpha.hyperliquid.stream import Stream
from solalpha.hyperliquid.watchdogs import SILENCE_S
from solalpha.raw import lake


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data_dir=tmp_path / "data")


def same_rows(paths: Paths, tape) -> None:
    found, expected = rows_of(paths), plain_rows(tape)
    assert found.trades == expected.trades
    assert found.books == expected.books
    for table, rows in (("trades", found.trades), ("book_snapshots", found.books)):
        assert lake.read(paths, table).height == len(rows)


def test_a_clean_stream_is_stored_whole(paths: Paths) -> None:
    tape = drawn_tape(1, 30)
    venue = Venue(tape.frames)
    counts, _ = asyncio.run(run_recorder(paths, venue))

    same_rows(paths, tape)
    assert rows_of(paths).contexts == tape.contexts
    assert counts["refused"] == {}
    assert counts["lost_connections"] == counts["gaps"] == 0
    assert venue.subscriptions == [
        {"type": "trades", "coin": "SOL"},
        {"type": "bbo", "coin": "SOL"},
        {"type": "l2Book", "coin": "SOL"},
        {"type": "l2Book", "coin": "SOL", "fast": True},
        {"type": "activeAssetCtx", "coin": "SOL"},
    ]
    for file in parquet_files(paths):
        assert pl.read_parquet(file).height


@pytest.mark.parametrize("seed", range(4))
def test_misbehaviour_by_seed_leaves_the_rows_of_the_tape(
    paths: Paths, seed: int
) -> None:
    tape = drawn_tape(seed, 25)
    venue = Venue(tape.frames, seed=seed, faults=FAULTS, fault_share=0.08)
    counts, ending = asyncio.run(run_recorder(paths, venue))

    same_rows(paths, tape)
    assert len(venue.planted) > 6
    broken = sum(venue.planted.get(fault, 0) for fault in BREAKING)
    assert counts["lost_connections"] == len(ending.reasons) == broken
    refused = counts["refused"]
    trouble = ("not_json", "html", "binary")
    assert refused.get("not JSON", 0) == sum(venue.planted.get(f, 0) for f in trouble)
    for fault, reason in (
        ("wrong_types", "wrong shape"),
        ("numbers", "not a number as text"),
        ("future", "more than 60 s ahead of our clock"),
        ("stray_coin", "coin not asked for"),
        ("no_channel", "not an object with a channel"),
    ):
        assert refused.get(reason, 0) == venue.planted.get(fault, 0)


@pytest.mark.parametrize("fault", BREAKING)
def test_every_break_is_written_down_as_gaps_of_all_channels(
    paths: Paths, fault: str
) -> None:
    tape = drawn_tape(7, 4)
    # Five acknowledgements and some frames first, then the break, then the rest.
    venue = OneBreak(tape.frames, fault, at=20)
    counts, ending = asyncio.run(run_recorder(paths, venue))

    same_rows(paths, tape)
    gaps = lake.read(paths, "recording_gaps", "SOL")
    assert counts["lost_connections"] == 1
    assert counts["gaps"] == gaps.height == 5
    assert set(gaps["channel"]) == {
        "trades",
        "bbo",
        "l2Book",
        "l2Book_fast",
        "activeAssetCtx",
    }
    assert (gaps["gap_to"] >= gaps["gap_from"]).all()
    [reason] = ending.reasons
    wished = {
        "drop": "closed without a word",
        "drop_mid_frame": "closed without a word",
        "close_1000": "closed with code 1000",
        "close_1011": "closed with code 1011",
        "huge": "closed without a word",
        "silence": "silent for",
    }[fault]
    assert reason.startswith(wished)


def test_a_missing_pong_ends_the_connection(paths: Paths) -> None:
    venue = Venue(drawn_tape(3, 300).frames, pace_s=0.02)
    venue.is_mute = True
    patience = replace(
        HASTY, pong_within_s=0.2, silence_s=dict.fromkeys(SILENCE_S, 60.0)
    )
    _, ending = asyncio.run(run_recorder(paths, venue, patience=patience, losses=1))
    assert ending.reasons == ["no pong"]


def test_a_restart_adds_nothing_twice_and_tells_the_time_between(paths: Paths) -> None:
    tape = drawn_tape(5, 10)
    asyncio.run(run_recorder(paths, Venue(tape.frames)))
    counts, _ = asyncio.run(run_recorder(paths, Venue(tape.frames)))

    same_rows(paths, tape)
    assert counts["tables"]["trades"] == {
        "added": 0,
        "duplicate": len(tape.trades),
        "conflicting": 0,
    }
    gaps = lake.read(paths, "recording_gaps")
    assert set(gaps["reason"]) == {"not recording"}
    assert gaps.height == 5


def test_a_second_recorder_of_one_lake_is_refused(paths: Paths) -> None:
    async def both() -> None:
        venue = Venue(drawn_tape(1, 5).frames, pace_s=0.005)
        first = asyncio.ensure_future(run_recorder(paths, venue))
        while not venue.connections:
            await asyncio.sleep(0.01)
        with pytest.raises(DataError, match="another recorder"):
            await run_recorder(paths, Venue([]))
        await first

    asyncio.run(both())


def test_a_busy_lake_postpones_the_flush_and_loses_nothing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = drawn_tape(2, 5)

    def busy(_: Paths):
        raise lake.LakeBusy("another ingest is writing")

    with monkeypatch.context() as patch:
        patch.setattr(lake, "writing", busy)
        counts, _ = asyncio.run(run_recorder(paths, Venue(tape.frames)))
    assert counts["postponed_flushes"] == 2
    assert lake.read(paths, "trades").is_empty()

    counts, _ = asyncio.run(run_recorder(paths, Venue([])))
    same_rows(paths, tape)
    assert counts["recovered_frames"] >= len(tape.frames)


def test_a_venue_out_of_reach_is_told_after_some_attempts(paths: Paths) -> None:
    async def nobody() -> None:
        async with Venue([]).open() as url:
            gone = url
        async for _ in Ending(Stream(gone, ("SOL",), patience=HASTY)).events():
            pass

    with pytest.raises(VenueError, match="5 attempts; expected a websocket"):
        asyncio.run(nobody())


def test_an_unknown_coin_is_refused_before_any_data(paths: Paths) -> None:
    frames = [b'{"channel":"error","data":"Invalid subscription"}']
    with pytest.raises(DataError, match="refused a subscription"):
        asyncio.run(run_recorder(paths, Venue(frames)))


@pytest.mark.real_data
@pytest.mark.skipif(real_data_dir() is None, reason="SOLALPHA_REAL_DATA is not set")
def test_recorded_books_and_trades_come_through_to_the_last_digit(paths: Paths) -> None:
    folder = real_data_dir() / "books_trades/hyperliquid/20250903"
    tape = recorded_tape(folder)
    venue = Venue(tape.frames, seed=1, faults=FAULTS, fault_share=0.02)
    asyncio.run(run_recorder(paths, venue))
    same_rows(paths, tape)


@pytest.mark.real_data
@pytest.mark.skipif(real_data_dir() is None, reason="SOLALPHA_REAL_DATA is not set")
def test_raw_frames_of_the_venue_are_all_read(paths: Paths) -> None:
    path = real_data_dir() / "payloads/hftbacktest_btc_ws_20250126.gz"
    frames = raw_frames(path)
    counts, _ = asyncio.run(run_recorder(paths, Venue(frames), coins=("BTC",)))
    assert counts["refused"] == {}
    books = {frame for frame in frames if b'"l2Book"' in frame}
    assert counts["tables"]["book_snapshots"]["added"] <= len(books)
    assert lake.read(paths, "book_snapshots", "BTC")["ask_price_20"].null_count() == 0


class OneBreak(Venue):
    """Break once, at a frame, and send all again on the next connection."""

    def __init__(self, tape: list[bytes], fault: str, at: int) -> None:
        super().__init__(tape)
        self.fault, self.at = fault, at

    async def _send(self, socket) -> None:
        if self.connections > 1:
            self.place = 0
            await super()._send(socket)
            return
        while self.place < self.at:
            await self._send_one(socket, None)
        await self._break(socket, self.fault)
