"""The recorder without a socket: virtual events in, files out."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import lz4.frame
import polars as pl
import pytest

from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.hyperliquid.stream import StreamEvent
from solalpha.hyperliquid.stream_parsing import read_frame
from solalpha.raw import ingest_log, lake
from solalpha.raw.recorder import checkpoint, journal
from solalpha.raw.recorder.record import Recorder, plan, record

NOON = datetime(2025, 9, 3, 12, tzinfo=UTC)


def trade(at: datetime, tid: int, *, coin: str = "SOL", price: str = "208.94") -> bytes:
    row = {
        "coin": coin,
        "side": "A",
        "px": price,
        "sz": "0.81",
        "time": round(at.timestamp() * 1_000),
        "tid": tid,
    }
    return json.dumps({"channel": "trades", "data": [row]}).encode()


def context(coin: str = "SOL") -> bytes:
    values = {
        "funding": "0.0000125",
        "openInterest": "5734236.3800000008",
        "oraclePx": "208.9",
        "markPx": "208.95",
        "midPx": None,
        "premium": None,
        "impactPxs": ["208.9", "209.01"],
        "dayNtlVlm": "436168628.3827002048",
    }
    data = {"coin": coin, "ctx": values}
    return json.dumps({"channel": "activeAssetCtx", "data": data}).encode()


def frame(data: bytes, at: datetime) -> StreamEvent:
    return StreamEvent(
        kind="frame",
        received_at=at,
        monotonic_s=seconds(at),
        data=data,
        message=read_frame(data),
    )


def tick(at: datetime) -> StreamEvent:
    return StreamEvent(kind="tick", received_at=at, monotonic_s=seconds(at))


def lost(at: datetime, reason: str, key: tuple[str, str] | None = None) -> StreamEvent:
    coin, channel = key or (None, None)
    return StreamEvent(
        kind="lost",
        received_at=at,
        monotonic_s=seconds(at),
        reason=reason,
        coin=coin,
        channel=channel,
    )


def seconds(at: datetime) -> float:
    return (at - NOON).total_seconds()


def after(s: float) -> datetime:
    return NOON + timedelta(seconds=s)


def opened(paths: Paths, *coins: str, flush_s: float = 60, at: datetime = NOON):
    recorder = Recorder(paths, plan(coins or ["SOL"], flush_s), read=read_frame)
    recorder.start(at, seconds(at))
    return recorder


def feed(recorder: Recorder, events: Iterable[StreamEvent]) -> None:
    for event in events:
        recorder.take(event)


def killed(recorder: Recorder) -> None:
    # What the system does when a process dies: its locks and files are let go.
    os.close(recorder._journal._lock)
    recorder._journal._rotate()


def ids(paths: Paths) -> list[int]:
    return lake.read(paths, "trades")["trade_id"].to_list()


def test_rows_are_stored_at_every_whole_flush_interval(paths: Paths) -> None:
    recorder = opened(paths, flush_s=60, at=after(-20))
    feed(recorder, [frame(trade(after(-5), 1), after(-5)), tick(after(-1))])
    assert ids(paths) == []
    feed(recorder, [tick(after(0))])
    assert ids(paths) == [1]
    feed(recorder, [frame(trade(after(5), 2), after(6)), tick(after(59.9))])
    assert ids(paths) == [1]
    feed(recorder, [tick(after(60))])
    assert ids(paths) == [1, 2]
    recorder.finish(after(61), 61)


def test_a_clock_set_back_does_not_stop_the_flushes(paths: Paths) -> None:
    recorder = opened(paths, flush_s=60)
    late = frame(trade(after(-3600), 1), after(-3600))
    feed(recorder, [replace(late, monotonic_s=100.0)])
    assert ids(paths) == []
    feed(recorder, [replace(tick(after(-3500)), monotonic_s=200.0)])
    assert ids(paths) == [1]
    recorder.finish(after(-3400), 300)


def test_trades_and_contexts_are_stored_to_the_last_digit(paths: Paths) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(1), 7), after(1.25)), frame(context(), after(2))])
    recorder.finish(after(3), 3)

    [row] = lake.read(paths, "trades").to_dicts()
    assert (row["price"], row["size"]) == (Decimal("208.94"), Decimal("0.81"))
    assert (row["event_at"], row["available_at"]) == (after(1), after(1.25))
    assert row["sequence"] == round(after(1).timestamp() * 1_000) * 10_000
    assert (row["source"], row["aggressor_side"]) == ("hyperliquid", "sell")
    [row] = lake.read(paths, "asset_contexts").to_dicts()
    assert row["event_at"] == row["available_at"] == after(2)
    assert row["mark_price"] == Decimal("208.95")
    assert row["mid_price"] is None
    assert row["impact_ask_price"] == Decimal("209.01")
    # More digits than the column holds: the text is kept instead.
    assert row["open_interest"] is None
    assert json.loads(row["unfit_values"]) == {
        "day_volume_usd": "436168628.3827002048",
        "open_interest": "5734236.3800000008",
    }


def test_a_row_is_not_known_before_it_happened(paths: Paths) -> None:
    recorder = opened(paths)
    feed(
        recorder,
        [
            frame(trade(after(10), 1), after(9)),
            frame(trade(after(90), 2), after(9)),
        ],
    )
    counts = recorder.finish(after(11), 11)
    [row] = lake.read(paths, "trades").to_dicts()
    assert row["available_at"] == row["event_at"] == after(10)
    assert counts["refused"] == {"more than 60 s ahead of our clock": 1}


def test_a_kill_loses_no_safe_frame_and_doubles_none(paths: Paths) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(n), n), after(n)) for n in range(1, 30)])
    feed(recorder, [tick(after(60)), frame(trade(after(61), 61), after(61))])
    feed(recorder, [tick(after(63)), frame(trade(after(64), 64), after(64))])
    killed(recorder)
    # 61 was safe, 64 was not yet a second old.
    assert ids(paths) == list(range(1, 30))

    again = opened(paths, at=after(100))
    assert ids(paths) == [*range(1, 30), 61]
    assert again.tally.recovered_frames == 1
    assert again.finish(after(101), 101)["tables"]["trades"]["duplicate"] == 0


def test_a_kill_between_rows_and_checkpoint_doubles_nothing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(n), n), after(n)) for n in range(1, 30)])

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", dies)
        with pytest.raises(KeyboardInterrupt):
            recorder.take(tick(after(60)))
    killed(recorder)
    assert ids(paths) == list(range(1, 30))

    counts = opened(paths, at=after(100)).finish(after(101), 101)
    assert ids(paths) == list(range(1, 30))
    assert counts["tables"]["trades"] == {
        "added": 0,
        "duplicate": 29,
        "conflicting": 0,
    }


@pytest.mark.parametrize("spoilt", ["", "{", '{"segment": 7}', "[1]"])
def test_a_spoilt_checkpoint_costs_only_work(paths: Paths, spoilt: str) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(n), n), after(n)) for n in range(1, 9)])
    recorder.finish(after(9), 9)
    (paths.raw / "frames" / checkpoint.NAME).write_text(spoilt)

    counts = opened(paths, at=after(20)).finish(after(21), 21)
    assert counts["tables"]["trades"]["duplicate"] == 8
    assert ids(paths) == list(range(1, 9))


def test_a_torn_tail_is_cut_off_and_the_rest_kept(paths: Paths) -> None:
    recorder = opened(paths, flush_s=3600)
    feed(recorder, [frame(trade(after(1), 1), after(1)), tick(after(3))])
    feed(recorder, [frame(trade(after(4), 2), after(4)), tick(after(6))])
    killed(recorder)
    [segment] = journal.segments(paths.raw / "frames")
    whole = segment.stat().st_size
    os.truncate(segment, whole - 3)

    again = opened(paths, at=after(100))
    assert ids(paths) == [1]
    assert again.tally.torn_bytes > 0
    with lz4.frame.open(segment) as stream:
        assert len(stream.read().splitlines()) == 1
    again.finish(after(101), 101)


def test_gaps_run_from_the_last_frame_to_the_first_sign_of_life(paths: Paths) -> None:
    recorder = opened(paths)
    feed(
        recorder,
        [
            frame(trade(after(1), 1), after(1)),
            frame(context(), after(4)),
            lost(after(5), "closed with code 1006"),
            lost(after(7), "no connection (OSError)"),
            frame(trade(after(9), 2), after(9)),
            frame(context(), after(12)),
            lost(after(40), "silent for 20 s", ("SOL", "activeAssetCtx")),
            frame(context(), after(41)),
        ],
    )
    recorder.finish(after(42), 42)
    gaps = lake.read(paths, "recording_gaps").sort("event_at", "channel")
    found = gaps.select("channel", "gap_from", "gap_to", "reason").rows()
    assert found == [
        ("trades", after(4), after(9), "closed with code 1006"),
        ("activeAssetCtx", after(4), after(12), "closed with code 1006"),
        ("activeAssetCtx", after(12), after(41), "silent for 20 s"),
    ]
    assert gaps["event_at"].equals(gaps["gap_to"].alias("event_at"))


def test_the_time_between_two_runs_is_a_gap_of_each_channel(paths: Paths) -> None:
    first = opened(paths)
    feed(first, [frame(trade(after(1), 1), after(1)), frame(context(), after(2))])
    feed(first, [tick(after(61)), frame(trade(after(70), 2), after(70))])
    feed(first, [tick(after(72))])
    killed(first)
    second = opened(paths, at=after(600))
    feed(second, [frame(trade(after(601), 3), after(601))])
    feed(second, [frame(context(), after(603))])
    second.finish(after(604), 604)
    gaps = lake.read(paths, "recording_gaps").select("channel", "gap_from", "gap_to")
    assert sorted(gaps.rows()) == [
        ("activeAssetCtx", after(70), after(603)),
        ("trades", after(70), after(601)),
    ]


def test_a_day_that_is_over_is_sealed_and_late_rows_still_enter(paths: Paths) -> None:
    midnight = datetime(2025, 9, 4, tzinfo=UTC)
    recorder = opened(paths, at=midnight - timedelta(minutes=3))
    folder = paths.raw / "trades" / "coin=SOL" / "date=2025-09-03"
    for minute in (-2, -1, 1, 4):
        at = midnight + timedelta(minutes=minute)
        feed(recorder, [frame(trade(at, 10 + minute), at)])
    assert not (folder / "day.parquet").exists()
    feed(recorder, [tick(midnight + timedelta(minutes=5))])

    assert pl.read_parquet(folder / "day.parquet")["trade_id"].to_list() == [8, 9]
    late = frame(
        trade(midnight - timedelta(seconds=1), 99), midnight + timedelta(hours=1)
    )
    feed(recorder, [late])
    counts = recorder.finish(midnight + timedelta(hours=1), 3600)
    assert ids(paths) == [8, 9, 99, 11, 14]
    assert pl.read_parquet(folder / "day.parquet")["trade_id"].to_list() == [8, 9, 99]
    assert counts["sealed_days"] == 1


def test_days_left_open_by_a_kill_are_sealed_by_the_next_run(paths: Paths) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(1), 1), after(1)), tick(after(60))])
    killed(recorder)
    counts = opened(paths, at=after(3 * 86_400)).finish(after(3 * 86_400), 1)
    assert counts["sealed_days"] == 1
    assert (paths.raw / "trades/coin=SOL/date=2025-09-03/day.parquet").exists()


def test_frames_of_other_coins_are_kept_out_and_counted(paths: Paths) -> None:
    recorder = opened(paths, "SOL", "BTC")
    feed(
        recorder,
        [
            frame(trade(after(1), 1), after(1)),
            frame(trade(after(1), 2, coin="BTC"), after(1)),
            frame(trade(after(1), 3, coin="ETH"), after(1)),
            frame(b"\xff\xfe", after(1)),
        ],
    )
    counts = recorder.finish(after(2), 2)
    assert counts["refused"] == {"coin not asked for": 1, "not JSON": 1}
    assert set(lake.read(paths, "trades")["coin"]) == {"SOL", "BTC"}
    [segment] = journal.segments(paths.raw / "frames")
    with lz4.frame.open(segment) as stream:
        lines = [json.loads(line) for line in stream.read().splitlines()]
    assert [sorted(line)[-1] for line in lines] == ["time", "time", "why", "time"]
    assert lines[3]["bytes"] == "//4="
    assert json.loads(lines[2]["text"])["data"][0]["coin"] == "ETH"


def test_conflicting_rows_keep_what_was_known_first(paths: Paths) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(1), 1), after(1)), tick(after(60))])
    feed(recorder, [frame(trade(after(1), 1, price="1"), after(61))])
    counts = recorder.finish(after(62), 62)
    assert counts["tables"]["trades"]["conflicting"] == 1
    assert lake.read(paths, "trades")["price"].to_list() == [Decimal("208.94")]


def test_the_ingest_log_counts_a_run_in_one_file(paths: Paths) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(50), 1), after(50)), tick(after(60))])
    feed(recorder, [frame(trade(after(2), 2), after(61)), tick(after(120))])
    recorder.finish(after(121), 121)
    [row] = ingest_log.read(paths).to_dicts()
    assert (row["table"], row["coin"], row["source"]) == (
        "trades",
        "SOL",
        "hyperliquid",
    )
    assert (row["rows_read"], row["added"], row["repaired"]) == (2, 2, 1)
    assert (row["first_at"], row["last_at"]) == (after(2), after(50))


def test_lag_is_measured_on_timely_frames_only(paths: Paths) -> None:
    recorder = opened(paths)
    old = frame(trade(after(-600), 1), after(1))
    quote = {
        "coin": "SOL",
        "time": round(after(1).timestamp() * 1_000),
        "bbo": [None] * 2,
    }
    data = json.dumps({"channel": "bbo", "data": quote}).encode()
    feed(recorder, [old, frame(data, after(0.75)), frame(data, after(1.5))])
    counts = recorder.finish(after(2), 2)
    assert (counts["lag_lowest_ms"], counts["clock_behind_ms"]) == (-250.0, 250.0)
    assert counts["lag_median_ms"] == 125.0


def test_a_lake_of_sample_rows_is_refused(paths: Paths) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(1), 1), after(1))])
    recorder.finish(after(2), 2)
    [file] = (paths.raw / "trades").rglob("part-*.parquet")
    rows = pl.read_parquet(file, hive_partitioning=False)
    rows.with_columns(origin=pl.lit("sample")).write_parquet(file)
    with pytest.raises(DataError, match="holds sample rows"):
        opened(paths, at=after(3))


@pytest.mark.parametrize(("coins", "flush_s"), [([], 60), (["SOL"], 0), (["SOL"], 1e9)])
def test_a_plan_that_cannot_be_is_refused(coins: list[str], flush_s: float) -> None:
    with pytest.raises(ConfigError):
        plan(coins, flush_s)


def test_coins_are_named_once_and_checked() -> None:
    assert plan(["SOL", "BTC", "SOL"], 60).coins == ("SOL", "BTC")
    with pytest.raises(DataError):
        plan(["../SOL"], 60)


def test_whatever_ends_a_recording_its_frames_are_stored(paths: Paths) -> None:
    async def events():
        yield frame(trade(after(1), 1), after(1))
        raise OSError("a fault")

    recorder = Recorder(paths, plan(["SOL"], 60), read=read_frame)
    with pytest.raises(OSError, match="a fault"):
        asyncio.run(
            record(
                recorder,
                events(),
                is_over=lambda _: False,
                now=lambda: after(2),
                monotonic_s=lambda: 2.0,
            )
        )
    assert ids(paths) == [1]


def test_memory_holds_a_second_of_frames_whatever_the_length(paths: Paths) -> None:
    recorder = opened(paths, flush_s=3600)
    most = 0
    for n in range(1, 3000):
        recorder.take(frame(trade(after(n / 10), n), after(n / 10)))
        most = max(most, len(recorder._journal._lines))
    assert most <= 11
    recorder.finish(after(301), 301)
    assert len(ids(paths)) == 2999


def test_a_full_disk_is_one_line_and_leaves_what_is_stored(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(1), 1), after(1)), tick(after(60))])

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    feed(recorder, [frame(trade(after(61), 2), after(61))])
    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "write", full)
        with pytest.raises(DataError, match="No space left on device"):
            recorder.take(tick(after(63)))
    assert ids(paths) == [1]
    recorder.finish(after(64), 64)
    assert ids(paths) == [1, 2]


def test_a_torn_file_postpones_the_flush_until_it_is_mended(paths: Paths) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(1), 1), after(1)), tick(after(60))])
    [file] = (paths.raw / "trades").rglob("part-*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    feed(recorder, [frame(trade(after(61), 2), after(61)), tick(after(120))])
    assert recorder.tally.postponed == 1
    assert recorder.tally.problem

    file.write_bytes(whole)
    feed(recorder, [tick(after(180))])
    assert ids(paths) == [1, 2]
    assert recorder.finish(after(181), 181)["problem"] is None


def test_a_gap_that_is_open_at_a_kill_keeps_its_beginning(paths: Paths) -> None:
    recorder = opened(paths)
    feed(recorder, [frame(trade(after(1), 1), after(1)), frame(context(), after(2))])
    feed(recorder, [lost(after(3), "no pong"), frame(trade(after(9), 2), after(9))])
    feed(recorder, [frame(trade(after(20), 3), after(20)), tick(after(22))])
    killed(recorder)
    again = opened(paths, at=after(100))
    feed(again, [frame(trade(after(101), 4), after(101)), frame(context(), after(102))])
    again.finish(after(103), 103)
    gaps = lake.read(paths, "recording_gaps")
    assert sorted(gaps.select("channel", "gap_from", "gap_to", "reason").rows()) == [
        ("activeAssetCtx", after(2), after(102), "no pong"),
        ("trades", after(2), after(9), "no pong"),
        ("trades", after(20), after(101), "not recording"),
    ]


def test_the_journal_is_read_in_the_order_of_writing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SEGMENT_BYTES", 300)
    book = journal.Journal(paths)
    # The clock is set back in between; the order of the files must not change.
    for number, at in enumerate([after(5), after(6), after(1), after(2)]):
        book.append(b"%d" % number + os.urandom(300).hex().encode(), at, float(number))
        book.commit()
    book.close()
    folder: Path = paths.raw / "frames"
    assert len(journal.segments(folder)) == 4
    blocks = list(journal.blocks(folder, None))
    assert [block.lines[0][:1] for block in blocks] == [b"0", b"1", b"2", b"3"]
    later = journal.blocks(folder, blocks[1].end)
    assert [block.lines[0][:1] for block in later] == [b"2", b"3"]
