"""Months that are over become one file, whoever stored their parts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.faults.venue_runs import fingerprints

from solalpha.config import Parameters, Paths
from solalpha.errors import DataError
from solalpha.raw import cut, inventory, lake, storage
from solalpha.raw.files import ingest_funding
from solalpha.raw.recorder.drain import Drain
from solalpha.raw.recorder.tally import Tally
from solalpha.raw.recorder.wire import Message
from solalpha.raw.sealing import MONTH_MARGIN, READERS_DONE
from solalpha.raw.venue_store import Reading, VenueStore
from solalpha.warehouse.quality_files import counted_files

HOUR = timedelta(hours=1)
JUNE = datetime(2025, 6, 1, tzinfo=UTC)
JULY = datetime(2025, 7, 1, tzinfo=UTC)
OVER = JULY + MONTH_MARGIN


def rates(hours: Sequence[int], *, rate: str = "0.0000125", start: datetime = JUNE):
    times = [start + hour * HOUR for hour in hours]
    rows = {
        "coin": ["SOL"] * len(times),
        "funding_rate": [Decimal(rate)] * len(times),
        "interval_hours": [1] * len(times),
        "event_at": times,
        "available_at": times,
        "source": ["hyperliquid"] * len(times),
        "origin": ["real"] * len(times),
    }
    schema = {name: lake.table_schema("funding_rates").columns[name] for name in rows}
    return pl.DataFrame(rows, schema=schema)


def fill(paths: Paths, *parts: Sequence[int], start: datetime = JUNE) -> None:
    for hours in parts:
        lake.append(paths, "funding_rates", rates(hours, start=start), ingest_id="test")


def seal(paths: Paths, moment: datetime = OVER) -> tuple[Path, ...]:
    return lake.seal_months(paths, "funding_rates", "SOL", moment=moment)


def folder(paths: Paths, month: str = "2025-06") -> Path:
    return paths.raw / "funding_rates" / "coin=SOL" / f"month={month}"


def parts(paths: Paths, month: str = "2025-06") -> list[Path]:
    return sorted(folder(paths, month).glob("part-*.parquet"))


def hours(paths: Paths) -> list[int]:
    times = lake.read(paths, "funding_rates", "SOL")["event_at"]
    return [(time - JUNE) // HOUR for time in times]


def test_a_month_of_hourly_parts_becomes_one_file(paths: Paths) -> None:
    fill(paths, *([hour] for hour in range(720)))
    before = lake.read(paths, "funding_rates")

    assert seal(paths) == (folder(paths) / "month.parquet",)

    assert inventory.part_files(folder(paths)) == [folder(paths) / "month.parquet"]
    assert lake.read(paths, "funding_rates").equals(before)
    assert hours(paths) == list(range(720))


def test_a_month_is_sealed_two_days_after_its_end_and_not_before(paths: Paths) -> None:
    december = datetime(2024, 12, 5, tzinfo=UTC)
    fill(paths, [0], [1], start=december)
    over = datetime(2025, 1, 3, tzinfo=UTC)

    assert seal(paths, over - timedelta(microseconds=1)) == ()
    assert seal(paths, over) == (folder(paths, "2024-12") / "month.parquet",)


def test_a_month_of_one_part_or_of_another_name_stays(paths: Paths) -> None:
    fill(paths, range(5))
    strange = folder(paths, "all")
    strange.mkdir()
    for number in range(2):
        (strange / f"part-{number}.parquet").write_bytes(b"no parquet")

    assert seal(paths) == ()
    assert len(parts(paths)) == 1


def test_superseded_parts_go_at_a_seal_a_day_later(paths: Paths) -> None:
    fill(paths, [0], [1])
    listed = inventory.part_files(folder(paths))
    seal(paths)

    assert seal(paths, OVER + READERS_DONE - HOUR) == ()
    assert pl.read_parquet(listed).height == 2  # a reader's older list still holds

    seal(paths, OVER + READERS_DONE)
    assert parts(paths) == []
    assert hours(paths) == [0, 1]


def test_a_part_with_rows_that_the_month_lacks_is_never_removed(paths: Paths) -> None:
    fill(paths, [0], [1])
    seal(paths)
    other = Paths(data_dir=paths.data_dir / "other")
    fill(other, [1, 2])
    [foreign] = parts(other)
    copied = folder(paths) / foreign.name
    copied.write_bytes(foreign.read_bytes())

    seal(paths, OVER + READERS_DONE)

    assert parts(paths) == [copied]
    assert hours(paths) == [0, 1]


def test_every_reader_takes_the_sealed_month_alone(
    paths: Paths, tmp_path: Path
) -> None:
    fill(paths, range(5), range(5, 10))
    seal(paths)
    sealed = folder(paths) / "month.parquet"

    [summary] = lake.tables(paths)
    [entry] = lake.manifest(paths)["files"]
    target = Paths(data_dir=tmp_path / "copy")
    left_out = cut.copy_until(paths, target, None, JUNE + 3 * HOUR)

    assert (summary.rows, summary.files) == (10, 1)
    assert entry["path"] == "funding_rates/coin=SOL/month=2025-06/month.parquet"
    assert entry["content"] == storage.sealed_content_id(sealed)
    assert (hours(target), left_out) == ([0, 1, 2, 3], 6)
    assert counted_files(paths.raw / "funding_rates") == [sealed]


def test_the_same_rows_give_the_same_bytes_whatever_the_parts(
    paths: Paths, tmp_path: Path
) -> None:
    other, late = (Paths(data_dir=tmp_path / name) for name in ("other", "late"))
    fill(paths, range(6), range(6, 12))
    fill(other, range(0, 12, 2), range(1, 12, 2))
    fill(late, range(4), range(8, 12))

    seal(paths)
    seal(other, OVER + 9 * HOUR)
    seal(late)
    fill(late, range(2, 9))

    found = {(folder(p) / "month.parquet").read_bytes() for p in (paths, other, late)}
    assert len(found) == 1
    assert len({lake.manifest(p)["files"][0]["content"] for p in (paths, late)}) == 1


def test_append_into_a_sealed_month_adds_fresh_rows_only(paths: Paths) -> None:
    fill(paths, range(5), range(7, 10))
    seal(paths)
    before = lake.manifest(paths)["files"][0]["content"]

    added = lake.append(paths, "funding_rates", rates(range(3, 8)), ingest_id="late")
    other = lake.append(
        paths, "funding_rates", rates(range(2), rate="0.5"), ingest_id="other"
    )

    assert (added.added, added.duplicate, added.conflicting) == (2, 3, 0)
    assert added.files == (folder(paths) / "month.parquet",)
    assert (other.added, other.conflicting) == (0, 2)
    assert hours(paths) == list(range(10))
    assert lake.manifest(paths)["files"][0]["content"] != before


def test_sealing_twice_changes_nothing(paths: Paths) -> None:
    fill(paths, [0], [1])
    [sealed] = seal(paths)
    stamp = sealed.stat().st_mtime_ns

    assert seal(paths) == ()
    assert sealed.stat().st_mtime_ns == stamp


def test_a_kill_before_the_write_leaves_the_parts_to_count(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(paths, [0], [1])

    def killed(temporary: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_put", killed)
        with pytest.raises(KeyboardInterrupt):
            seal(paths)
    assert hours(paths) == [0, 1]
    assert not list(folder(paths).glob("month.parquet"))

    assert len(seal(paths)) == 1
    assert not list(folder(paths).glob("*.tmp"))


def test_a_kill_between_write_and_removal_loses_and_repeats_nothing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(paths, [0], [1], [2])
    seal(paths)
    unlink = Path.unlink

    def killed(path: Path, *, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            seal(paths, OVER + READERS_DONE)
    assert len(parts(paths)) == 2
    assert hours(paths) == [0, 1, 2]

    seal(paths, OVER + READERS_DONE)
    assert parts(paths) == []
    assert hours(paths) == [0, 1, 2]


def test_a_kill_between_two_months_resumes_to_the_files_of_a_clean_seal(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = Paths(data_dir=tmp_path / "killed")
    for place in (paths, killed):
        fill(place, [0], [1], [720], [721])
    late = JUNE + timedelta(days=90)
    seal(paths, late)
    put, done = storage._put, []

    def once(temporary: Path, target: Path) -> Path:
        if done:
            raise KeyboardInterrupt
        done.append(target)
        return put(temporary, target)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_put", once)
        with pytest.raises(KeyboardInterrupt):
            seal(killed, late)
    assert fingerprints(killed.data_dir) != fingerprints(paths.data_dir)

    seal(killed, late)
    assert fingerprints(killed.data_dir) == fingerprints(paths.data_dir)


def test_a_month_with_a_torn_part_stays_and_others_are_sealed(paths: Paths) -> None:
    fill(paths, [0], [1], [720], [721])
    parts(paths)[0].write_bytes(b"PAR1 torn")

    found = seal(paths, JUNE + timedelta(days=90))

    assert found == (folder(paths, "2025-07") / "month.parquet",)
    assert len(parts(paths)) == 2


def test_only_tables_by_month_are_sealed_and_only_with_the_lock(paths: Paths) -> None:
    with pytest.raises(DataError, match="partitioned by date"):
        lake.seal_months(paths, "trades", "SOL", moment=OVER)


def test_ingest_of_a_file_seals_the_months_that_it_touches(
    paths: Paths, parameters: Parameters, tmp_path: Path
) -> None:
    for number in range(2):
        file = tmp_path / f"funding-{number}.csv"
        first = JUNE + number * 24 * HOUR
        lines = [f"{first + hour * HOUR:%Y-%m-%dT%H:%M:%SZ},0.00001" for hour in (0, 1)]
        file.write_text("\n".join(("time,funding_rate", *lines)))
        ingest_funding(paths, parameters, file, coin="SOL", ingested_at=OVER)
    assert (folder(paths) / "month.parquet").exists()
    assert hours(paths) == [0, 1, 24, 25]


def test_recorder_seals_the_months_of_its_gaps_once_a_day(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(_: bytes) -> Message:
        raise AssertionError("no frame is read")

    asked: list[tuple[str, str, datetime]] = []
    monkeypatch.setattr(
        lake,
        "seal_months",
        lambda _, table, coin, moment: asked.append((table, coin, moment)),
    )
    drain = Drain(paths, unread, Tally())
    for moment in (OVER, OVER + HOUR, OVER + 24 * HOUR):
        drain.seal(moment, ("SOL", "BTC"))
    assert asked == [
        ("recording_gaps", coin, moment)
        for moment in (OVER, OVER + 24 * HOUR)
        for coin in ("SOL", "BTC")
    ]


def venue_store(paths: Paths) -> tuple[VenueStore, list[float]]:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return VenueStore(paths=paths, run_id="t", now=lambda: OVER, sleep=sleep), pauses


def test_an_unfinished_table_waits_for_the_run_that_finishes_it(paths: Paths) -> None:
    # The unfinished run must not seal: its successor's rows become a part, as in a
    # run that nothing stopped, and not a piece of the sealed file.
    fill(paths, [0], [1])
    store, _ = venue_store(paths)
    store.readings.append(
        Reading(table="funding_rates", coin="SOL", is_whole=False),
    )
    asyncio.run(store.seal_months("SOL", OVER))
    assert len(parts(paths)) == len(inventory.part_files(folder(paths))) == 2

    store, _ = venue_store(paths)
    asyncio.run(store.seal_months("SOL", OVER))
    assert (folder(paths) / "month.parquet").exists()


def test_a_busy_lake_leaves_the_sealing_to_the_next_run(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(paths, [0], [1])
    store, pauses = venue_store(paths)

    def busy(*_: object, **__: object) -> None:
        raise lake.LakeBusy("held")

    monkeypatch.setattr(lake, "seal_months", busy)
    asyncio.run(store.seal_months("SOL", OVER))
    assert pauses
    assert len(parts(paths)) == 2
