from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.raw import cut, inventory, lake, latest, storage

START = datetime(2025, 9, 3, 12, tzinfo=UTC)
DAY = START.date()


def trades(numbers: range, *, start: datetime = START, price: str = "100.5"):
    times = [start + timedelta(seconds=number) for number in numbers]
    rows = {
        "coin": ["SOL"] * len(times),
        "trade_id": list(numbers),
        "sequence": list(numbers),
        "aggressor_side": ["buy"] * len(times),
        "price": [Decimal(price)] * len(times),
        "size": [Decimal("1.5")] * len(times),
        "event_at": times,
        "available_at": times,
        "source": ["hyperliquid"] * len(times),
        "origin": ["real"] * len(times),
    }
    schema = {name: lake.table_schema("trades").columns[name] for name in rows}
    return pl.DataFrame(rows, schema=schema)


def fill(paths: Paths, *parts: range, start: datetime = START) -> None:
    for number, part in enumerate(parts):
        lake.append(
            paths, "trades", trades(part, start=start), ingest_id=f"test-{number}"
        )


def folder(paths: Paths, day: date = DAY) -> Path:
    return paths.raw / "trades" / "coin=SOL" / f"date={day}"


def ids(paths: Paths) -> list[int]:
    return lake.read(paths, "trades", "SOL")["trade_id"].to_list()


def test_sealed_day_holds_the_rows_of_its_parts_once(paths: Paths) -> None:
    fill(paths, range(5, 10), range(5))
    before = lake.read(paths, "trades")

    sealed = lake.seal_day(paths, "trades", "SOL", DAY)

    assert sealed == folder(paths) / "day.parquet"
    assert lake.read(paths, "trades").equals(before)
    assert pl.read_parquet(sealed)["trade_id"].to_list() == list(range(10))


def test_superseded_parts_stay_until_a_later_day_is_sealed(paths: Paths) -> None:
    fill(paths, range(5), range(5, 10))
    lake.seal_day(paths, "trades", "SOL", DAY)
    parts = sorted(folder(paths).glob("part-*"))
    assert len(parts) == 2
    assert inventory.part_files(folder(paths)) == [folder(paths) / "day.parquet"]

    fill(paths, range(20, 25), start=START + timedelta(days=1))
    lake.seal_day(paths, "trades", "SOL", DAY + timedelta(days=1))

    assert not list(folder(paths).glob("part-*"))
    assert len(list(folder(paths, DAY + timedelta(days=1)).glob("part-*"))) == 1
    assert ids(paths) == [*range(10), *range(20, 25)]


def test_every_reader_ignores_superseded_parts(paths: Paths, tmp_path: Path) -> None:
    fill(paths, range(5), range(5, 10))
    lake.seal_day(paths, "trades", "SOL", DAY)
    day_file = folder(paths) / "day.parquet"

    [summary] = lake.tables(paths)
    [entry] = lake.manifest(paths)["files"]
    target = Paths(data_dir=tmp_path / "copy")
    cut.copy_until(paths, target, None, START + timedelta(seconds=3))
    last = latest.last_known(
        paths, "trades", "SOL", moment=START + timedelta(hours=1), max_age_s=86_400
    )

    assert (summary.rows, summary.files) == (10, 1)
    assert entry["path"].endswith("date=2025-09-03/day.parquet")
    assert entry["content"] == storage.sealed_content_id(day_file)
    assert ids(target) == [0, 1, 2, 3]
    assert last is not None
    assert last["trade_id"] == 9


def test_append_into_a_sealed_day_adds_fresh_rows_only(paths: Paths) -> None:
    fill(paths, range(5), range(7, 10))
    lake.seal_day(paths, "trades", "SOL", DAY)
    id_before = lake.manifest(paths)["files"][0]["content"]

    result = lake.append(paths, "trades", trades(range(3, 8)), ingest_id="late")

    assert (result.added, result.duplicate, result.conflicting) == (2, 3, 0)
    assert result.files == (folder(paths) / "day.parquet",)
    assert ids(paths) == list(range(10))
    assert lake.manifest(paths)["files"][0]["content"] != id_before
    again = lake.append(paths, "trades", trades(range(10)), ingest_id="again")
    assert (again.added, again.duplicate) == (0, 10)


def test_append_into_a_sealed_day_keeps_conflicting_rows_out(paths: Paths) -> None:
    fill(paths, range(5))
    lake.seal_day(paths, "trades", "SOL", DAY)

    result = lake.append(
        paths, "trades", trades(range(2), price="101"), ingest_id="other"
    )

    assert (result.added, result.conflicting) == (0, 2)
    assert set(lake.read(paths, "trades")["price"]) == {Decimal("100.5")}


def test_sealing_is_the_same_bytes_whatever_the_parts(
    paths: Paths, tmp_path: Path
) -> None:
    other = Paths(data_dir=tmp_path / "other")
    frame = trades(range(12))
    for number in range(0, 12, 3):
        lake.append(paths, "trades", frame[number : number + 3], ingest_id="one")
    lake.append(other, "trades", frame, ingest_id="one")

    files = [lake.seal_day(each, "trades", "SOL", DAY) for each in (paths, other)]

    first, second = (file.read_bytes() for file in files if file)
    assert first == second


def test_sealing_twice_changes_nothing_and_an_empty_day_is_no_file(
    paths: Paths,
) -> None:
    fill(paths, range(5))
    sealed = lake.seal_day(paths, "trades", "SOL", DAY)
    assert sealed is not None
    stamp = sealed.stat().st_mtime_ns

    assert lake.seal_day(paths, "trades", "SOL", DAY) == sealed
    assert sealed.stat().st_mtime_ns == stamp
    assert lake.seal_day(paths, "trades", "SOL", DAY - timedelta(days=1)) is None


def test_only_tables_by_date_are_sealed(paths: Paths) -> None:
    with pytest.raises(DataError, match="partitioned by month"):
        lake.seal_day(paths, "candles", "SOL", DAY)


def test_a_killed_sealing_leaves_the_parts_to_count(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(paths, range(5), range(5, 10))

    def killed(temporary: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_put", killed)
        with pytest.raises(KeyboardInterrupt):
            lake.seal_day(paths, "trades", "SOL", DAY)
    assert ids(paths) == list(range(10))
    assert not list(folder(paths).glob("day.parquet"))

    assert lake.seal_day(paths, "trades", "SOL", DAY) is not None
    assert not list(folder(paths).glob("*.tmp"))
