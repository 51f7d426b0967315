"""The timed sides of the indicators: our compiled SQL, and Polars, same seeds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from solalpha.config import Paths, load_parameters
from solalpha.warehouse.build import PROD, database

KEY = "bar_closed_at"
LINES = ("ema_fast", "ema_slow", "macd_line", "macd_signal", "mean_gain", "mean_loss")
Facts = dict[str, Any]


def indicators_ours(folder: Path) -> Facts:
    """Run our compiled SQL of the averages on its own."""
    return _run(folder, (folder / "indicators.sql").read_text())


def indicators_lines(folder: Path) -> Facts:
    """Run it for the averages, MACD and what RSI is made of alone."""
    whole = (folder / "indicators.sql").read_text()
    return _run(folder, f"select {KEY}, {', '.join(LINES)} from ({whole})")


def _run(folder: Path, query: str) -> Facts:
    file = database(Paths(data_dir=folder / "data"), PROD)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        started = time.perf_counter()
        connection.execute(f"create or replace table found as {query}")
        seconds = time.perf_counter() - started
        connection.execute(
            f"copy found to '{folder / 'ours.parquet'}' (format parquet)"
        )
    return {"seconds": seconds}


def indicators_polars(folder: Path) -> Facts:
    """Compute the same columns of one coin in Polars."""
    numbers = load_parameters()
    close, before = pl.col("close"), pl.col("close").shift(1)
    top, bottom = pl.max_horizontal("high", before), pl.min_horizontal("low", before)
    returns, window = close / before - 1, numbers.bollinger_bars
    return _collect(
        folder,
        average_true_range=_wilder(
            pl.when(before.is_not_null()).then(top - bottom), numbers.atr_bars
        ),
        bollinger_mean=close.rolling_mean(window),
        bollinger_deviation=close.rolling_std(window, ddof=0),
        return_deviation=returns.rolling_std(numbers.volatility_bars),
        regime_mean_return=returns.rolling_mean(numbers.regime_bars),
        regime_return_deviation=returns.rolling_std(numbers.regime_bars),
    )


def indicators_lines_polars(folder: Path) -> Facts:
    """Compute the averages, MACD and what RSI is made of alone in Polars."""
    return _collect(folder)


def _collect(folder: Path, **others: pl.Expr) -> Facts:
    numbers = load_parameters()
    bars = pl.read_parquet(folder / "bars.parquet")
    close = pl.col("close")
    change = close - close.shift(1)
    fast, slow = numbers.macd_fast_bars, numbers.macd_slow_bars
    started = time.perf_counter()
    found = bars.select(
        KEY,
        ema_fast=_ema(close, numbers.ema_fast_bars),
        ema_slow=_ema(close, numbers.ema_slow_bars),
        macd_line=_ema(close, fast) - _ema(close, slow),
        mean_gain=_wilder(change.clip(lower_bound=0), numbers.rsi_bars),
        mean_loss=_wilder((-change).clip(lower_bound=0), numbers.rsi_bars),
        **others,
    ).with_columns(macd_signal=_ema(pl.col("macd_line"), numbers.macd_signal_bars))
    seconds = time.perf_counter() - started
    found.write_parquet(folder / "peer.parquet")
    return {"seconds": seconds}


def _ema(value: pl.Expr, bars: int) -> pl.Expr:
    return _seeded(value, bars, 2 / (bars + 1))


def _wilder(value: pl.Expr, bars: int) -> pl.Expr:
    return _seeded(value, bars, 1 / bars)


def _seeded(value: pl.Expr, bars: int, rate: float) -> pl.Expr:
    # The first value is the simple mean of the first `bars` known ones.
    number = value.cum_count()
    seed = pl.when(number == bars).then(value.cum_sum() / bars)
    term = seed.when(number > bars).then(value)
    return term.ewm_mean(alpha=rate, adjust=False, ignore_nulls=True)
