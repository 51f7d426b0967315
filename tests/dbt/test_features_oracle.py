"""Technical features against TA-Lib, from candles run through the models.

TA-Lib starts some recursions otherwise (the fast leg of MACD late, the sums of the
directional movement a bar short), so a column is compared after the bars in which such
a start decays below the tolerance: a start's weight after n bars is (1 - rate)^n.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import make_market, read

talib = pytest.importorskip("talib", reason="TA-Lib has no wheel on this platform")

TOLERANCE = 1e-9
Candles = dict[str, np.ndarray]
Oracle = Callable[[Candles], np.ndarray]


def ranges(function: Callable[..., np.ndarray], bars: int) -> Oracle:
    """Call a function of high, low and close."""
    return lambda c: function(c["high"], c["low"], c["close"], timeperiod=bars)


def bands(c: Candles) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    upper, middle, lower = talib.BBANDS(c["close"], timeperiod=20, nbdevup=2, nbdevdn=2)
    return upper, middle, lower


def stochastic(c: Candles) -> tuple[np.ndarray, np.ndarray]:
    slow_k, slow_d = talib.STOCH(
        c["high"],
        c["low"],
        c["close"],
        fastk_period=14,
        slowk_period=3,
        slowk_matype=0,
        slowd_period=3,
        slowd_matype=0,
    )
    return slow_k, slow_d


def fast_stochastic(c: Candles) -> tuple[np.ndarray, np.ndarray]:
    fast_k, fast_d = talib.STOCHF(
        c["high"],
        c["low"],
        c["close"],
        fastk_period=14,
        fastd_period=3,
        fastd_matype=0,
    )
    return fast_k, fast_d


def volume_change(c: Candles) -> np.ndarray:
    level = talib.OBV(c["close"], c["volume"])
    change = np.full(len(level), np.nan)
    change[24:] = level[24:] - level[:-24]
    return np.asarray(change / talib.SUM(c["volume"], timeperiod=24))


def atr(c: Candles) -> np.ndarray:
    return np.asarray(ranges(talib.ATR, 14)(c))


CASES: dict[str, tuple[int, Oracle]] = {
    "ema_50": (49, lambda c: talib.EMA(c["close"], timeperiod=50)),
    "ema_200": (199, lambda c: talib.EMA(c["close"], timeperiod=200)),
    "ema_50_to_200": (
        199,
        lambda c: (
            talib.EMA(c["close"], timeperiod=50) / talib.EMA(c["close"], timeperiod=200)
        ),
    ),
    "macd_line": (300, lambda c: talib.MACD(c["close"])[0]),
    "macd_signal": (300, lambda c: talib.MACD(c["close"])[1]),
    "macd_histogram": (300, lambda c: talib.MACD(c["close"])[2]),
    "macd_to_atr": (300, lambda c: talib.MACD(c["close"])[0] / atr(c)),
    "macd_signal_to_atr": (300, lambda c: talib.MACD(c["close"])[1] / atr(c)),
    "rsi_14": (14, lambda c: talib.RSI(c["close"], timeperiod=14)),
    "bollinger_upper": (19, lambda c: bands(c)[0]),
    "bollinger_lower": (19, lambda c: bands(c)[2]),
    "bollinger_width": (19, lambda c: (bands(c)[0] - bands(c)[2]) / bands(c)[1]),
    "close_deviation_20": (
        19,
        lambda c: talib.STDDEV(c["close"], timeperiod=20) * np.sqrt(20 / 19),
    ),
    "close_deviation_to_close_20": (
        19,
        lambda c: (
            talib.STDDEV(c["close"], timeperiod=20) * np.sqrt(20 / 19) / c["close"]
        ),
    ),
    "atr_14": (14, atr),
    "atr_ratio": (14, lambda c: atr(c) / c["close"]),
    "adx_14": (500, ranges(talib.ADX, 14)),
    "plus_di_14": (450, ranges(talib.PLUS_DI, 14)),
    "minus_di_14": (450, ranges(talib.MINUS_DI, 14)),
    "stochastic_fast_k_14": (15, lambda c: fast_stochastic(c)[0]),
    "stochastic_slow_k_14": (15, lambda c: fast_stochastic(c)[1]),
    "stochastic_slow_d_14": (17, lambda c: stochastic(c)[1]),
    "obv_change_24": (24, volume_change),
}


@pytest.fixture(scope="module")
def features(lake: Path) -> pl.DataFrame:
    return read(
        lake, "select * from features where coin = 'BTC' order by bar_closed_at"
    )


@pytest.mark.parametrize("column", CASES)
def test_indicator_candles_equals_talib(features: pl.DataFrame, column: str) -> None:
    after, oracle = CASES[column]
    candles = {name: found.astype(float) for name, found in make_market().btc.items()}
    expected = np.asarray(oracle(candles))[after:]
    found = features[column].to_numpy()[after:]
    assert len(found) >= 400
    assert not np.isnan(expected).any()
    scale = np.maximum(np.abs(expected), np.abs(expected).mean())
    assert np.max(np.abs(found - expected) / scale) < TOLERANCE


def test_slow_k_is_the_fast_d(features: pl.DataFrame) -> None:
    """The two families of TA-Lib share the column that we keep once."""
    candles = make_market().btc
    fast_d, slow_k = fast_stochastic(candles)[1], stochastic(candles)[0]
    known = ~np.isnan(slow_k)
    assert np.allclose(fast_d[known], slow_k[known], rtol=0, atol=1e-9)
    assert features["stochastic_slow_k_14"].null_count() == 15
