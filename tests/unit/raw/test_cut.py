"""A cut lake holds exactly what was known by the moment."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from solalpha.config import Paths, load_parameters, load_paths
from solalpha.raw import cut, lake, lakehouse
from solalpha.raw.schemas import TABLES

START = datetime(2025, 6, 30, 22, tzinfo=UTC)


def candles(hours: int) -> pl.DataFrame:
    opened = [START + timedelta(hours=n) for n in range(hours)]
    closed = [moment + timedelta(hours=1) for moment in opened]
    price = [Decimal(100 + n) for n in range(hours)]
    frame = pl.DataFrame(
        {
            "coin": "SOL",
            "interval": "1h",
            "interval_s": 3600,
            "open_at": opened,
            "open": price,
            "high": price,
            "low": price,
            "close": price,
            "volume": price,
            "event_at": closed,
            "available_at": [moment + timedelta(seconds=5) for moment in closed],
            "source": "file",
            "origin": "real",
        }
    )
    schema = TABLES["candles"].columns
    return frame.with_columns(pl.col(name).cast(schema[name]) for name in frame.columns)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return load_paths(tmp_path / "data")


def test_rows_known_at_the_moment_stay_and_later_ones_go(
    paths: Paths, tmp_path: Path
) -> None:
    lake.append(paths, "candles", candles(6), ingest_id="t")
    target = load_paths(tmp_path / "cut")
    moment = START + timedelta(hours=3, seconds=5)
    assert cut.copy_until(paths, target, load_parameters(), moment) == 3
    kept = lake.read(target, "candles")
    assert kept.equals(lake.read(paths, "candles").head(3))
    assert kept["available_at"].max() == moment


def test_last_arrivals_are_the_newest_availability(paths: Paths) -> None:
    assert cut.last_arrivals(paths, load_parameters()) == {}
    lake.append(paths, "candles", candles(6), ingest_id="t")
    arrived = START + timedelta(hours=6, seconds=5)
    assert cut.last_arrivals(paths, load_parameters()) == {"SOL": arrived}


def test_whole_copy_equals_the_lake(paths: Paths, tmp_path: Path) -> None:
    lake.append(paths, "candles", candles(6), ingest_id="t")
    target = load_paths(tmp_path / "copy")
    assert cut.copy_until(paths, target, load_parameters(), None) == 0
    assert lake.read(target, "candles").equals(lake.read(paths, "candles"))


@pytest.mark.parametrize(
    "kind", ["naive", "aware", "seconds", "milliseconds", "fractions", "nanoseconds"]
)
def test_adopted_file_is_cut_into_a_copy(
    paths: Paths, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "lakehouse/consolidated/SOL/year=2025/month=07"
    folder.mkdir(parents=True)
    start = datetime(2025, 7, 1, tzinfo=UTC)
    moments = pl.Series("timestamp", [start + timedelta(seconds=n) for n in range(10)])
    column = {
        "naive": moments.dt.replace_time_zone(None),
        "aware": moments.cast(pl.Datetime("ns", "UTC")),
        "seconds": moments.dt.epoch("s").cast(pl.Int32),
        "milliseconds": moments.dt.epoch("ms"),
        "fractions": moments.dt.epoch("s").cast(pl.Float64),
        # The last digits do not reach a microsecond: staging rounds them down.
        "nanoseconds": moments.dt.epoch("ns") + 600,
    }[kind]
    quotes = pl.DataFrame(
        {"timestamp": column, "best_bid": [99.0] * 10, "best_ask": [101.0] * 10}
    )
    quotes.write_parquet(folder / "a.parquet")
    lakehouse.adopt(paths, load_parameters(), tmp_path / "lakehouse", None)
    target = load_paths(tmp_path / "cut")
    delay = load_parameters().order_flow_delay_s
    moment = start + timedelta(seconds=4 + delay)
    cut.copy_until(paths, target, load_parameters(), moment)
    [row] = lake.read(target, "adopted_files").to_dicts()
    assert row["row_count"] == 5
    assert row["last_event_at"] == start + timedelta(seconds=4)
    assert pl.read_parquet(row["file_path"]).equals(quotes.head(5))
    assert pl.read_parquet(folder / "a.parquet").height == 10
