"""Synthetic inputs of the benchmarks, made once per size and kept in the work dir."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from solalpha.config import Paths, load_parameters, profiles_dir, project_dir
from solalpha.raw import lakehouse
from solalpha.raw.schemas import BOOK_LEVELS, BOOK_SNAPSHOTS, ORDER_FLOW_COLUMNS
from solalpha.warehouse.build import PROD, database
from solalpha.warehouse.dbt_call import Call, invoke

START = datetime(2025, 4, 1, tzinfo=UTC)
# 3.6 million rows in 30 days, one file a day, as the real lakehouse has about.
ROW_US = 720_000
ROWS_PER_DAY = 86_400_000_000 // ROW_US
INDICATOR_BARS = 525_600  # a year of minutes
BOOK_ROWS = 100_000
BACKTEST_BARS = 15_000
MONEY_TYPE = pl.Decimal(18, 8)
INDICATORS = "int_prices_averaged_to_bars"
_SIZES = ("bid_volume", "ask_volume", "avg_", "bid_slope", "ask_slope")
_HOURLY = ("roc_", "sma_diff_", "bb_", "btc_", "sol_ret", "rel_strength")


def dbt_call(paths: Paths) -> Call:
    """Return a call of the checkout's dbt project as it stands."""
    return Call(
        project=project_dir(),
        profiles=profiles_dir(),
        target=PROD,
        variables={},
        paths=paths,
    )


def prepared(
    work: Path, name: str, size: int, make: Callable[[Path, int], None]
) -> Path:
    """Return the directory of an input; make it unless this code made it before."""
    folder = work / f"{name}-{size}"
    stamp = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    marker = folder / "made_by"
    if not (marker.is_file() and marker.read_text() == stamp):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder, size)
        marker.write_text(stamp)
    return folder


def make_lakehouse(folder: Path, rows: int) -> None:
    """Write ``rows`` rows in the order-flow contract's layout and adopt them."""
    rng = np.random.default_rng(5)
    root, price = folder / "lakehouse", 15_000
    for first in range(0, rows, ROWS_PER_DAY):
        count = min(ROWS_PER_DAY, rows - first)
        ticks = price + np.cumsum(rng.integers(-1, 2, count))
        price = max(int(ticks[-1]), 5_000)
        day = START + timedelta(microseconds=ROW_US * first)
        target = root / f"consolidated/SOL/{day:year=%Y/month=%m}"
        target.mkdir(parents=True, exist_ok=True)
        _order_flow(rng, day, ticks).write_parquet(
            target / f"{day:%Y-%m-%d}.parquet", compression="zstd"
        )
    lakehouse.adopt(
        Paths(data_dir=folder / "data"),
        load_parameters(),
        root,
        None,
        ingested_at=START + timedelta(days=3650),
    )


def _order_flow(
    rng: np.random.Generator, day: datetime, ticks: np.ndarray
) -> pl.DataFrame:
    # Prices on a tick, sizes with two decimals, ratios with all of theirs.
    count = len(ticks)
    index = np.arange(count, dtype=np.int64) * ROW_US
    hours = index // 3_600_000_000
    bid = ticks / 100
    ask = bid + rng.integers(1, 4, count) / 100
    mid = (bid + ask) / 2
    known = {
        "best_bid": bid,
        "best_ask": ask,
        "mid_price": mid,
        "spread": ask - bid,
        "spread_bps": (ask - bid) / mid * 1e4,
        "golden_cross": hours % 2,
        "hour": hours,
        "day_of_week": np.full(count, day.weekday()),
        "is_us_open": (hours >= 14) & (hours < 21),
    }
    columns = {}
    for name in ORDER_FLOW_COLUMNS:
        if name in known:
            columns[name] = known[name]
        elif name.startswith(_SIZES):
            columns[name] = np.round(rng.lognormal(4, 1, count), 2)
        elif name.startswith(_HOURLY):
            columns[name] = rng.normal(0, 0.01, 24)[hours]
        elif "vwap" in name:
            columns[name] = mid + np.round(rng.normal(0, 0.02, count), 4)
        else:
            columns[name] = np.clip(rng.normal(0, 0.4, count), -1, 1)
    moments = pl.Series(index + int(day.timestamp()) * 1_000_000).cast(
        pl.Datetime("us", "UTC")
    )
    return pl.DataFrame(
        {"timestamp": moments.cast(pl.Datetime("ns", "UTC")), **columns}
    )


def make_indicator_bars(folder: Path, count: int) -> None:
    """Compile our indicators, and put ``count`` bars where their SQL reads them."""
    paths = Paths(data_dir=folder / "data")
    paths.warehouse.mkdir(parents=True)
    outcome = invoke(dbt_call(paths), ["compile", "--select", INDICATORS], None)
    if not outcome.success:
        raise SystemExit(f"error: dbt could not compile {INDICATORS}")
    nodes = [found.node for found in outcome.result.results]
    (folder / "indicators.sql").write_text(nodes[0].compiled_code)
    rng = np.random.default_rng(6)
    close = 150 * np.exp(np.cumsum(rng.normal(0, 0.001, count)))
    moments = pl.Series(np.arange(count) * 60_000_000 + int(START.timestamp()) * 10**6)
    bars = pl.DataFrame(
        {
            "coin": ["SOL"] * count,
            "high": close * (1 + rng.random(count) / 500),
            "low": close * (1 - rng.random(count) / 500),
            "close": close,
            "has_price": [True] * count,
            "bar_closed_at": moments.cast(pl.Datetime("us")),
        }
    )
    bars.write_parquet(folder / "bars.parquet")
    with duckdb.connect(str(database(paths, PROD))) as connection:
        connection.execute(
            "create or replace table bars as "
            f"select * from read_parquet('{folder / 'bars.parquet'}')"
        )


def make_books(folder: Path, rows: int) -> None:
    """Write ``rows`` whole books of twenty levels as the raw table takes them."""
    rng = np.random.default_rng(7)
    first = 15_000 + np.cumsum(rng.integers(-1, 2, rows))
    index = pl.Series(np.arange(rows) * 1_000_000)
    event_at = (index + int(START.timestamp()) * 10**6).cast(pl.Datetime("us", "UTC"))
    columns: dict[str, object] = {"coin": ["SOL"] * rows, "sequence": np.arange(rows)}
    for side, sign in (("bid", -1), ("ask", 1)):
        for level in range(1, BOOK_LEVELS + 1):
            price = pl.Series((first + sign * level) / 100)
            size = pl.Series(np.round(rng.lognormal(3, 1, rows), 2))
            orders = pl.Series(rng.integers(1, 9, rows).astype(np.int32))
            columns[f"{side}_price_{level}"] = price.cast(MONEY_TYPE)
            columns[f"{side}_size_{level}"] = size.cast(MONEY_TYPE)
            columns[f"{side}_count_{level}"] = orders
    frame = pl.DataFrame(columns).with_columns(
        event_at=event_at,
        available_at=event_at + timedelta(milliseconds=300),
        source=pl.lit("hyperliquid"),
        origin=pl.lit("sample"),
    )
    kept = [name for name in BOOK_SNAPSHOTS.columns if name in frame.columns]
    frame.select(kept).write_ipc(folder / "books.arrow")


def make_decisions(folder: Path, count: int) -> None:
    """Write ``count`` hourly decision rows with predictions that know a little."""
    rng = np.random.default_rng(8)
    moves = rng.normal(0.0001, 0.004, count)
    close = 150 * np.exp(np.cumsum(moves))
    ahead = np.append([moves[start : start + 24].sum() for start in range(1, count)], 0)
    hidden = 2.0 * ahead / ahead.std() + rng.normal(0, 2.0, count)
    closed = pl.Series(np.arange(count) * 3_600_000_000).cast(pl.Duration("us"))
    frame = pl.DataFrame(
        {
            "coin": ["SOL"] * count,
            "bar_closed_at": pl.Series([START] * count) + closed,
            "close": close,
            "final_close": close,
            "execution_price": np.append(close[:1], close[:-1]),
            "open": np.append(close[:1], close[:-1]),
            "high": close * 1.003,
            "low": close * 0.997,
            "funding_price": close,
            "funding_rate": rng.normal(1e-5, 2e-5, count),
            "spread_bps": np.full(count, 1.5),
            "atr_14": close * 0.008,
            "ema_50": close * (1 + rng.normal(0, 0.01, count)),
            "ema_200": close * (1 + rng.normal(0, 0.02, count)),
            "macd_line": rng.normal(0, 1, count),
            "macd_signal": rng.normal(0, 1, count),
            "rsi_14": rng.uniform(25, 75, count),
            "realised_volatility_24": np.full(count, 0.02),
            "sentiment": rng.normal(0, 0.3, count),
            "funding_rate_last": rng.normal(1e-5, 2e-5, count),
            "probability_up": 1 / (1 + np.exp(-hidden / 2)),
        }
    )
    closed_at = pl.col("bar_closed_at")
    frame.with_columns(
        decided_at=closed_at + timedelta(seconds=30),
        execution_at=closed_at - timedelta(minutes=60) + timedelta(seconds=31),
        mark_price=pl.col("close"),
        count_funding_due=pl.lit(1),
        count_funding_present=pl.lit(1),
        regime=pl.lit(1),
        quality_verdict=pl.lit("PASS"),
    ).write_parquet(folder / "decisions.parquet")
