"""Adopted order flow to bars: the same bits for any layout, order and threads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from tests.dbt.features_lake import run_dbt

from solalpha.config import Paths, load_parameters
from solalpha.raw import lakehouse
from solalpha.raw.schemas import ORDER_FLOW_COLUMNS
from solalpha.warehouse.build import PROD, database

FOLDER = "consolidated/SOL/year=2024/month=02"
MODEL = "int_lakehouse_order_flow_aggregated_to_bars"
FIRST = datetime(2024, 2, 5, tzinfo=UTC)
DAYS = 4
ROWS = 4320
ROW_GROUP = 500


def _day(day: int) -> pl.DataFrame:
    # All columns of the contract, rows 20 seconds apart, one value in fifty missing.
    rng = np.random.default_rng(day)
    start = FIRST + timedelta(days=day)
    moments = [start + timedelta(seconds=20 * row) for row in range(ROWS)]
    columns: dict[str, object] = {"timestamp": moments}
    for place, name in enumerate(ORDER_FLOW_COLUMNS):
        values = rng.normal(0, 10.0 ** (place % 5 - 3), ROWS)
        values[rng.random(ROWS) < 0.02] = np.nan
        columns[name] = values
    bid = 100 + np.cumsum(rng.integers(-1, 2, ROWS)) / 100
    columns |= {"best_bid": bid, "best_ask": bid + 0.01}
    utc = pl.col("timestamp").cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(columns).with_columns(utc)


def _answers(data_dir: Path, root: Path, threads: tuple[int, ...]) -> set[str]:
    # Every number of every bar, as text that tells any two doubles apart.
    paths, numbers = Paths(data_dir=data_dir), load_parameters()
    present = datetime(2030, 1, 1, tzinfo=UTC)
    lakehouse.adopt(paths, numbers, root, None, ingested_at=present)
    run_dbt(data_dir, ["run", "--select", f"+{MODEL}"])
    [compiled] = (data_dir / "dbt/target/compiled").rglob(f"{MODEL}.sql")
    bars = f"select * exclude (fingerprint) from ({compiled.read_text()})"
    query = f"{bars} order by coin, bar_closed_at"
    found = set()
    with duckdb.connect(str(database(paths, PROD)), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for count in threads:
            connection.execute(f"set threads = {count}")
            rows = connection.execute(query).fetchall()
            assert len(rows) == 24 * DAYS
            found.add(repr(rows))
    return found


def _write(file: Path, frame: pl.DataFrame) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(file, row_group_size=ROW_GROUP)


def test_bars_are_the_same_bits_for_any_files_order_and_threads(
    tmp_path: Path,
) -> None:
    daily, whole = tmp_path / "daily", tmp_path / "whole"
    frames = [_day(day) for day in range(DAYS)]
    for number, frame in enumerate(frames):
        _write(daily / FOLDER / f"day-{number}.parquet", frame)
    shuffled = pl.concat(frames).sample(fraction=1.0, shuffle=True, seed=3)
    _write(whole / FOLDER / "all.parquet", shuffled)
    answers = _answers(tmp_path / "one", daily, (1, 2, 4))
    answers |= _answers(tmp_path / "other", whole, (2,))
    assert len(answers) == 1
