"""What a run earned, from equity marked at each bar's close."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntegerArray = NDArray[np.int64]

DAYS_PER_YEAR = 365.0
_DAY_US = 86_400_000_000
# A share of the starting money; equity at or under it is taken as lost.
_RUIN_SHARE = 1e-9


def daily_returns(closed_us: IntegerArray, equity_usd: FloatArray) -> FloatArray:
    """Return simple returns of equity from UTC day to UTC day.

    Parameters
    ----------
    closed_us
        ndarray of shape (n_bars,): right edges, microseconds since the epoch. The
        bar that closes at midnight belongs to the day that ends there.
    equity_usd
        ndarray of shape (n_bars,).

    Returns
    -------
    ndarray of shape (n_days,)
        The first return runs from the first bar to the end of its day; a first
        day of one bar has none.
    """
    days = (closed_us - 1) // _DAY_US
    is_last = np.append(days[1:] != days[:-1], True)
    marks = np.concatenate((equity_usd[:1], equity_usd[is_last]))
    if is_last[0]:
        marks = marks[1:]
    marks = _solvent(marks, float(equity_usd[0]))
    return np.asarray(marks[1:] / marks[:-1] - 1.0, dtype=np.float64)


def log_growth(equity_usd: FloatArray) -> FloatArray:
    """Return log returns of equity from bar to bar, shape (n_bars - 1,).

    Equity that is gone counts as a billionth of the start, so that ruin is a very
    bad return and not an undefined one.
    """
    return np.diff(np.log(_solvent(equity_usd, float(equity_usd[0]))))


def sharpe(returns: FloatArray) -> float:
    """Return the Sharpe ratio of daily returns, annualised with 365 days.

    The riskless rate is zero; NaN for fewer than two or constant returns.
    """
    if returns.size < 2:
        return math.nan
    deviation = float(returns.std(ddof=1))
    if deviation <= 1e-15:
        return math.nan
    return float(returns.mean()) / deviation * math.sqrt(DAYS_PER_YEAR)


def cagr(start_usd: float, end_usd: float, elapsed_us: int) -> float:
    """Return compound growth per year of 365 days; -1 when everything is lost."""
    years = elapsed_us / (DAYS_PER_YEAR * _DAY_US)
    if end_usd <= 0.0:
        return -1.0
    if years <= 0.0:
        return math.nan
    exponent = math.log(end_usd / start_usd) / years
    # Beyond this a few days' luck would overflow when annualised.
    return math.expm1(min(exponent, 700.0))


def drawdowns(equity_usd: FloatArray) -> FloatArray:
    """Return the fall from the running peak at each bar, 0 or negative."""
    peaks = np.maximum.accumulate(equity_usd)
    return np.asarray(equity_usd / peaks - 1.0, dtype=np.float64)


def _solvent(equity_usd: FloatArray, start_usd: float) -> FloatArray:
    return np.maximum(equity_usd, start_usd * _RUIN_SHARE)
