"""The paper's ten features against recursions written out step by step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import built_short, make_market, read

TOLERANCE = 1e-11


@pytest.fixture(scope="module", params=["SOL", "BTC"])
def coin(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def priced(lake: Path, coin: str) -> pl.DataFrame:
    """Features of bars with a price, in order."""
    return read(
        lake,
        f"select * from features where coin = '{coin}' and close is not null "
        "order by bar_closed_at",
    )


@pytest.fixture(scope="module")
def candles(coin: str) -> dict[str, np.ndarray]:
    """Candles as bars see them: SOL trades at the close, BTC has candles only."""
    market = make_market()
    found = dict(market.sol if coin == "SOL" else market.btc)
    if coin == "SOL":
        found |= dict.fromkeys(("open", "high", "low"), found["close"])
    known = ~np.isnan(found["close"])
    return {name: values[known] for name, values in found.items()}


def smoothed(values: np.ndarray, bars: int, rate: float) -> np.ndarray:
    """Exponential mean seeded with the simple mean of the first known values."""
    first = int(np.argmax(~np.isnan(values)))
    found = np.full(len(values), np.nan)
    mean = float(np.mean(values[first : first + bars]))
    found[first + bars - 1] = mean
    for i in range(first + bars, len(values)):
        mean += rate * (values[i] - mean)
        found[i] = mean
    return found


def ema(values: np.ndarray, bars: int) -> np.ndarray:
    return smoothed(values, bars, 2 / (bars + 1))


def wilder(values: np.ndarray, bars: int) -> np.ndarray:
    return smoothed(values, bars, 1 / bars)


def windows(values: np.ndarray, bars: int) -> np.ndarray:
    """Rows of the last ``bars`` values; rows before the first whole window are NaN."""
    found = np.full((len(values), bars), np.nan)
    found[bars - 1 :] = np.lib.stride_tricks.sliding_window_view(values, bars)
    return found


def assert_same(found: pl.Series, expected: np.ndarray, scale: float) -> None:
    values = found.cast(pl.Float64).fill_null(np.nan).to_numpy()
    assert np.array_equal(np.isnan(values), np.isnan(expected))
    known = ~np.isnan(expected)
    assert known.sum() > 100
    error = np.abs(values[known] - expected[known])
    assert np.all(error <= TOLERANCE * np.maximum(np.abs(expected[known]), scale))


@pytest.mark.parametrize(("name", "bars"), [("ema_50", 50), ("ema_200", 200)])
def test_ema_any_series_equals_recursion(
    priced: pl.DataFrame, candles: dict[str, np.ndarray], name: str, bars: int
) -> None:
    assert_same(priced[name], ema(candles["close"], bars), 0.0)


def test_macd_any_series_equals_recursion(
    priced: pl.DataFrame, candles: dict[str, np.ndarray]
) -> None:
    price = float(np.mean(candles["close"]))
    line = ema(candles["close"], 12) - ema(candles["close"], 26)
    signal = ema(line, 9)
    assert_same(priced["macd_line"], line, price)
    assert_same(priced["macd_signal"], signal, price)
    assert_same(priced["macd_histogram"], line - signal, price)


def test_rsi_any_series_equals_recursion(
    priced: pl.DataFrame, candles: dict[str, np.ndarray]
) -> None:
    change = np.r_[np.nan, np.diff(candles["close"])]
    gain = wilder(np.where(np.isnan(change), np.nan, np.maximum(change, 0)), 14)
    loss = wilder(np.where(np.isnan(change), np.nan, np.maximum(-change, 0)), 14)
    assert_same(priced["rsi_14"], 100 * gain / (gain + loss), 1.0)


def test_atr_any_series_equals_recursion(
    priced: pl.DataFrame, candles: dict[str, np.ndarray]
) -> None:
    previous = np.r_[np.nan, candles["close"][:-1]]
    true_range = np.maximum(candles["high"], previous) - np.minimum(
        candles["low"], previous
    )
    atr = wilder(true_range, 14)
    assert_same(priced["atr_14"], atr, float(np.mean(candles["close"])))
    assert_same(priced["atr_ratio"], atr / candles["close"], 1.0)


def test_bollinger_any_series_equals_window(
    priced: pl.DataFrame, candles: dict[str, np.ndarray]
) -> None:
    last = windows(candles["close"], 20)
    mean, deviation = last.mean(axis=1), last.std(axis=1)
    assert_same(priced["bollinger_width"], 4 * deviation / mean, 1.0)
    position = (candles["close"] - mean + 2 * deviation) / (4 * deviation)
    assert_same(priced["bollinger_position"], position, 10.0)


def test_return_deviation_any_series_equals_window(
    priced: pl.DataFrame, candles: dict[str, np.ndarray]
) -> None:
    returns = candles["close"][1:] / candles["close"][:-1] - 1
    deviation = np.r_[np.nan, windows(returns, 20).std(axis=1, ddof=1)]
    assert_same(priced["return_deviation_20"], deviation, 0.01)


def test_warm_counts_priced_bars_only(lake: Path) -> None:
    counted = read(
        lake,
        "select count(*) from features where coin = 'SOL' and not is_warm "
        "and close is not null",
    )
    assert counted.item() == 199
    unpriced = read(
        lake, "select count(*) from features where is_warm and close is null"
    )
    assert unpriced.item() == 0


@pytest.mark.parametrize(
    ("name", "bars"), [("ema_fast", 2), ("ema_slow", 300), ("macd_signal", 4)]
)
def test_means_many_blocks_equal_recursion(
    lake: Path, coin: str, candles: dict[str, np.ndarray], name: str, bars: int
) -> None:
    found = read(
        built_short(lake),
        f"select {name} from int_prices_averaged_to_bars where coin = '{coin}' "
        "order by bar_closed_at",
    )[name]
    close = candles["close"]
    if name == "macd_signal":
        expected = ema(ema(close, 3) - ema(close, 5), bars)
    else:
        expected = ema(close, bars)
    assert_same(found, expected, float(np.mean(close)))
