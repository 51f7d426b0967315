"""Staging reads a sealed day or month alone, and too many digits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt

from solalpha.config import Paths
from solalpha.raw import lake, numbers
from solalpha.raw.schemas import TABLES

START = datetime(2025, 9, 3, 23, 59, 50, tzinfo=UTC)
COUNT = 30


def rows(table: str, values: dict[str, object]) -> pl.DataFrame:
    times = [START + timedelta(seconds=n) for n in range(COUNT)]
    frame = pl.DataFrame({"event_at": times}).with_columns(
        pl.col("event_at").cast(pl.Datetime("us", "UTC")),
        pl.lit("SOL").alias("coin"),
        pl.lit("hyperliquid").alias("source"),
        pl.lit("real").alias("origin"),
        *[pl.lit(value).alias(name) for name, value in values.items()],
    )
    frame = frame.with_columns(pl.col("event_at").alias("available_at"))
    types = {
        name: dtype
        for name, dtype in TABLES[table].columns.items()
        if isinstance(dtype, pl.Decimal) and name in values
    }
    return numbers.exact(frame, types)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paths = Paths(data_dir=tmp_path_factory.mktemp("raw_days"))
    ids = pl.int_range(COUNT, dtype=pl.Int64, eager=True)
    trades = rows(
        "trades", {"price": "208.94", "size": "0.81", "aggressor_side": "buy"}
    ).with_columns(ids.alias("trade_id"), ids.alias("sequence"))
    for part in (trades[:4], trades[4:20], trades[20:]):
        lake.append(paths, "trades", part, ingest_id="test")
    contexts = rows(
        "asset_contexts",
        {
            "mark_price": "208.95",
            "open_interest": "5734236.3800000008",
            "premium": "-0.0000123456789012345",
        },
    )
    lake.append(paths, "asset_contexts", contexts, ingest_id="test")
    lake.seal_day(paths, "trades", "SOL", START.date())
    rates = rows("funding_rates", {"funding_rate": "0.0000125"}).with_columns(
        *[
            (pl.col(name) + ids * timedelta(days=2)).alias(name)
            for name in ("event_at", "available_at")
        ],
        pl.lit(1, dtype=pl.Int32).alias("interval_hours"),
    )
    for part in (rates[:4], rates[4:20], rates[20:]):
        lake.append(paths, "funding_rates", part, ingest_id="test")
    october = datetime(2025, 10, 10, tzinfo=UTC)
    lake.seal_months(paths, "funding_rates", "SOL", moment=october)
    names = (
        "stg_hyperliquid__trades",
        "stg_hyperliquid__asset_contexts",
        "stg_hyperliquid__funding_rates",
    )
    run_dbt(paths.data_dir, ("run", "--select", *names))
    return paths.data_dir


def test_superseded_parts_of_a_sealed_day_are_not_read(data_dir: Path) -> None:
    folder = data_dir / "raw/trades/coin=SOL/date=2025-09-03"
    assert len(list(folder.glob("part-*.parquet"))) == 2
    view = next((data_dir / "dbt/target/compiled").rglob("stg_hyperliquid__trades.sql"))
    files = [
        line.strip() for line in view.read_text().splitlines() if "raw/trades" in line
    ]
    assert len(files) == 3
    assert "date=2025-09-03/day.parquet" in files[0]
    assert all("date=2025-09-04/part-" in file for file in files[1:])
    found = read(
        data_dir,
        "select count(*) as n, count(distinct trade_id) as d "
        "from stg_hyperliquid__trades",
    )
    assert found.row(0) == (COUNT, COUNT)


def test_superseded_parts_of_a_sealed_month_are_not_read(data_dir: Path) -> None:
    folder = data_dir / "raw/funding_rates/coin=SOL/month=2025-09"
    assert len(list(folder.glob("part-*.parquet"))) == 2
    compiled = (data_dir / "dbt/target/compiled").rglob("*__funding_rates.sql")
    files = [
        line for line in next(compiled).read_text().splitlines() if "coin=" in line
    ]
    assert "month=2025-09/month.parquet" in files[0]
    assert len(files) > 1
    assert all("/part-" in file for file in files[1:])
    found = read(data_dir, "select count(*) as n from stg_hyperliquid__funding_rates")
    assert found.item() == COUNT


def test_numbers_with_too_many_digits_are_rounded_not_lost(data_dir: Path) -> None:
    found = read(
        data_dir,
        "select distinct mark_price::varchar as mark, open_interest_base::varchar as "
        "interest, premium::varchar as premium, oracle_price as oracle "
        "from stg_hyperliquid__asset_contexts",
    )
    assert found.row(0) == ("208.95000000", "5734236.38000000", "-0.000012345679", None)
