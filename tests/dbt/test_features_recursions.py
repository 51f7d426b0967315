"""The averages over many blocks of rows: exact, and the same bits for any cut."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import START, run_dbt

MODEL = "int_prices_averaged_to_bars"
FIRST = START.replace(tzinfo=None)
COUNTS = {"SOL": 3_000, "BTC": 1_025}  # blocks have 512 rows: six, and just over two
NAMES = ["ema_fast", "ema_slow", "macd_line", "macd_signal", "mean_gain", "mean_loss"]


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> str:
    data_dir = tmp_path_factory.mktemp("recursions")
    run_dbt(data_dir, ["compile", "--select", MODEL])
    found = list((data_dir / "dbt" / "target" / "compiled").rglob(f"{MODEL}.sql"))
    return Path(found[0]).read_text()


@pytest.fixture(scope="module")
def bars() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    parts = []
    for coin, count in COUNTS.items():
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
        parts.append(
            pl.DataFrame(
                {
                    "coin": [coin] * count,
                    "bar_closed_at": [FIRST + timedelta(hours=i) for i in range(count)],
                    "high": close * 1.01,
                    "low": close * 0.99,
                    "close": close,
                    "has_price": [True] * count,
                }
            )
        )
    return pl.concat(parts)


def averages(query: str, bars: pl.DataFrame, threads: int) -> pl.DataFrame:
    name = query.split("from ", 2)[1].split(maxsplit=1)[0]
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.register("given", bars.to_arrow())
        catalog, schema, _ = (part.strip('"') for part in name.split("."))
        connection.execute(f"attach ':memory:' as {catalog}")
        connection.execute(f"create schema if not exists {catalog}.{schema}")
        connection.execute(f"create table {name} as select * from given")
        found: pl.DataFrame = connection.sql(query).pl()
    return found.sort("coin", "bar_closed_at")


def stepped(values: np.ndarray, bars: int, rate: float) -> np.ndarray:
    """Seed with the mean of the first known values, then one step a bar."""
    found = np.full(len(values), np.nan)
    start = int(np.flatnonzero(~np.isnan(values))[0])
    state = found[start + bars - 1] = values[start : start + bars].mean()
    for row in range(start + bars, len(values)):
        state += rate * (values[row] - state)
        found[row] = state
    return found


@pytest.mark.parametrize("coin", COUNTS)
def test_means_many_blocks_equal_steps(
    query: str, bars: pl.DataFrame, coin: str
) -> None:
    close = bars.filter(pl.col("coin") == coin)["close"].to_numpy()
    change = np.r_[np.nan, np.diff(close)]
    line = stepped(close, 12, 2 / 13) - stepped(close, 26, 2 / 27)
    expected = {
        "ema_fast": stepped(close, 50, 2 / 51),
        "ema_slow": stepped(close, 200, 2 / 201),
        "macd_line": line,
        "macd_signal": stepped(line, 9, 2 / 10),
        "mean_gain": stepped(np.clip(change, 0, None), 14, 1 / 14),
        "mean_loss": stepped(np.clip(-change, 0, None), 14, 1 / 14),
    }
    found = averages(query, bars, 2).filter(pl.col("coin") == coin)
    for name in NAMES:
        got = found[name].fill_null(np.nan).to_numpy()
        assert np.array_equal(np.isnan(got), np.isnan(expected[name]))
        error = np.nanmax(np.abs(got - expected[name]))
        assert error <= 1e-11 * close.max(), name


@pytest.mark.parametrize("kept", [512, 1_537, 2_900])
def test_means_rows_withheld_keep_their_bits(
    query: str, bars: pl.DataFrame, kept: int
) -> None:
    """Rows appended later, another coin beside, one thread or two change nothing."""
    sol = bars.filter(pl.col("coin") == "SOL")
    whole = averages(query, bars, 2).filter(pl.col("coin") == "SOL")
    alone = averages(query, sol.head(kept), 1)
    assert alone.height == kept
    assert whole.head(kept).equals(alone, null_equal=True)


def test_means_unknown_value_spoils_what_follows_only(
    query: str, bars: pl.DataFrame
) -> None:
    spoilt = (
        bars.filter(pl.col("coin") == "SOL")
        .with_row_index()
        .with_columns(
            close=pl.when(pl.col("index") == 700).then(None).otherwise(pl.col("close"))
        )
    )
    found = averages(query, spoilt.drop("index"), 2)
    assert found["ema_fast"][49:700].null_count() == 0
    assert found["ema_fast"][700:].null_count() == found.height - 700
