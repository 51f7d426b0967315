"""Adopted files build day by day; what is built so equals a build from nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt

from solalpha.config import Paths, load_parameters
from solalpha.raw import lakehouse

MODELS = (
    "int_lakehouse_order_flow_aggregated_to_bars",
    "int_lakehouse_quotes_aggregated_to_bars",
)
FIRST = datetime(2024, 1, 30, tzinfo=UTC)
COLUMNS = ("spread_bps", "depth_imbalance_5", "ofi_ratio", "bid_volume_5")


def _rows(day: int, seed: int, hours: int = 24) -> pl.DataFrame:
    # Half-minute rows in random order, one in ten unknown or not finite.
    rng = np.random.default_rng([day, seed])
    count = hours * 120
    start = FIRST + timedelta(days=day)
    moments = [start + timedelta(seconds=30 * int(i)) for i in range(count)]
    columns: dict[str, object] = {"timestamp": moments}
    bid = 100 + np.cumsum(rng.integers(-1, 2, count)) / 100
    columns |= {"best_bid": bid, "best_ask": bid + 0.01}
    for name in COLUMNS:
        value = rng.normal(0, 0.4, count)
        value[rng.random(count) < 0.05] = np.nan
        value[rng.random(count) < 0.05] = np.inf
        columns[name] = value
    frame = pl.DataFrame(columns).with_columns(
        pl.col("timestamp").cast(pl.Datetime("us", "UTC"))
    )
    return frame[rng.permutation(count)]


def _write(root: Path, name: str, frame: pl.DataFrame) -> None:
    month = frame["timestamp"].min()
    assert isinstance(month, datetime)
    folder = root / f"consolidated/SOL/{month:year=%Y/month=%m}"
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(folder / f"{name}.parquet")


def _build(data_dir: Path, root: Path) -> dict[str, pl.DataFrame]:
    lakehouse.adopt(
        Paths(data_dir=data_dir),
        load_parameters(),
        root,
        None,
        ingested_at=datetime(2030, 1, 1, tzinfo=UTC),
    )
    run_dbt(data_dir, ["run", "--select", *[f"+{name}" for name in MODELS]])
    return {
        name: read(data_dir, f"select * from {name} order by coin, bar_closed_at")
        for name in MODELS
    }


def _read_again(data_dir: Path) -> set[str]:
    # Days that the last build of the first model read.
    [file] = (data_dir / "dbt/target/compiled").rglob(f"{MODELS[0]}.sql")
    text = file.read_text()
    return {line.split("'")[3] for line in text.splitlines() if "('SOL', '" in line}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a data directory with two builds' worth of days, and its lakehouse."""
    folder = tmp_path_factory.mktemp("heavy_days")
    data_dir, root = folder / "data", folder / "lakehouse"
    for day in (0, 1):
        _write(root, f"day-{day}", _rows(day, 1))
    _write(root, "days", pl.concat([_rows(2, 1), _rows(4, 1)]))
    _write(root, "gone", _rows(6, 1, hours=5))
    _build(data_dir, root)
    return data_dir, root


def _equal(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> bool:
    return all(left[name].equals(right[name]) for name in MODELS)


def test_days_that_changed_are_built_and_equal_a_build_from_nothing(
    lake: tuple[Path, Path], tmp_path: Path
) -> None:
    data_dir, root = lake
    _write(root, "day-7", _rows(7, 1))  # a new day
    late = pl.concat([_rows(1, 1), _rows(1, 2, hours=3)])
    _write(root, "day-1", late)  # late rows, and the file's other rows again
    _write(root, "days", pl.concat([_rows(2, 1), _rows(4, 2), _rows(5, 1)]))
    (root / "consolidated/SOL/year=2024/month=02/gone.parquet").unlink()
    built = _build(data_dir, root)
    assert _read_again(data_dir) == {
        *("2024-01-31", "2024-02-01", "2024-02-02", "2024-02-03", "2024-02-04"),
        "2024-02-06",
    }
    assert _equal(built, _build(tmp_path / "clean", root))
    assert built[MODELS[0]].height == 24 * 6

    # One layout of files or another, the same rows give the same bits.
    merged = tmp_path / "merged"
    january = pl.concat([_rows(0, 1), late])
    february = [_rows(2, 1), _rows(4, 2), _rows(5, 1), _rows(7, 1)]
    _write(merged, "month", january.sort("timestamp", "ofi_ratio"))
    _write(merged, "month", pl.concat(february[::-1]))
    other = _build(tmp_path / "other", merged)
    for name in MODELS:
        left, right = (f[name].drop("fingerprint") for f in (built, other))
        # Rows of one moment are told apart by their place: here they are last twice.
        twice = pl.col("bar_closed_at") > pl.datetime(2024, 1, 31, 3)
        kept = pl.col("bar_closed_at") <= pl.datetime(2024, 1, 31)
        assert left.filter(twice | kept).equals(right.filter(twice | kept)), name


def test_unchanged_files_are_not_read_again_and_an_emptied_day_is_dropped(
    lake: tuple[Path, Path],
) -> None:
    data_dir, root = lake
    _build(data_dir, root)
    assert _read_again(data_dir) == set()
    _write(root, "days", pl.concat([_rows(2, 1), _rows(5, 1)]))
    after = _build(data_dir, root)
    days = set(after[MODELS[0]]["day"])
    assert {"2024-02-01", "2024-02-04"} <= days
    assert "2024-02-03" not in days


@pytest.mark.parametrize("column", ["spread_bps", "depth_imbalance_5"])
def test_statistics_of_a_bar_equal_fractions(
    lake: tuple[Path, Path], column: str
) -> None:
    data_dir, _ = lake
    first = pl.col("timestamp") < FIRST + timedelta(hours=1)
    bid, ask = pl.col("best_bid"), pl.col("best_ask")
    # Staging takes a spread that is missing from the quotes.
    filled = {"spread_bps": (ask - bid) * 20_000 / (bid + ask)}.get(column)
    known = pl.when(pl.col(column).is_finite()).then(column).otherwise(filled)
    rows = _rows(0, 1).filter(first).with_columns(known.alias(column))
    rows = rows.drop_nulls(column).sort("timestamp")
    values = [Fraction(value) for value in rows[column]]
    moments = [Fraction((at - FIRST).total_seconds()) for at in rows["timestamp"]]
    count = len(values)
    assert 60 < count <= 120
    mean, middle = sum(values) / count, sum(moments) / count
    variance = sum((x - mean) ** 2 for x in values) / count
    shared = sum(
        (x - mean) * (t - middle) for x, t in zip(values, moments, strict=True)
    )
    slope = 3600 * shared / sum((t - middle) ** 2 for t in moments)
    found = read(
        data_dir,
        f"select {column}_mean, {column}_deviation, {column}_slope, {column}_last "
        f"from {MODELS[0]} order by bar_closed_at limit 1",
    ).row(0)
    expected = (float(mean), float(variance) ** 0.5, float(slope), rows[column][-1])
    assert found == pytest.approx(expected, rel=1e-11)


def test_files_of_unlike_columns_and_types_are_read_by_name(tmp_path: Path) -> None:
    data_dir, root = tmp_path / "data", tmp_path / "lakehouse"
    left, right = "depth_imbalance_5", "ofi_ratio"
    first, second = _rows(0, 1, hours=2), _rows(1, 1, hours=2)
    _write(root, "day-0", first.drop(right))
    # As many columns, another one of them missing; another order; floats of 32 bits.
    halved = pl.col("bid_volume_5").cast(pl.Float32)
    second = second.drop(left).with_columns(halved)
    _write(root, "day-1", second.select(sorted(second.columns)))
    built = _build(data_dir, root)[MODELS[0]]
    counted = built.select(
        pl.len(), *(pl.col(f"{name}_mean").count() for name in (left, right))
    )
    assert counted.row(0) == (4, 2, 2)
    known = built.filter(pl.col(f"{right}_mean").is_not_null())
    for bar, hour in zip(known.iter_rows(named=True), (0, 1), strict=True):
        start = FIRST + timedelta(days=1, hours=hour)
        inside = pl.col("timestamp").is_between(
            start, start + timedelta(hours=1), closed="left"
        )
        for name in (right, "bid_volume_5"):
            values = second.filter(inside, pl.col(name).is_finite())[name]
            mean = values.cast(pl.Float64).mean()
            assert bar[f"{name}_mean"] == pytest.approx(mean, abs=1e-6), name


def test_an_adopted_file_that_is_gone_is_named_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    data_dir, root = tmp_path / "data", tmp_path / "a lake's files"
    for day in (0, 1):
        _write(root, f"day's {day}", _rows(day, 1, hours=2))
    before = _build(data_dir, root)
    [gone] = root.rglob("day's 0.parquet")
    gone.rename(tmp_path / "elsewhere")
    with pytest.raises(
        AssertionError, match=rf"file {gone} is gone; expected it where"
    ):
        run_dbt(data_dir, ["run", "--select", "+" + MODELS[0]])
    stored = read(data_dir, f"select * from {MODELS[0]} order by coin, bar_closed_at")
    assert stored.equals(before[MODELS[0]])
