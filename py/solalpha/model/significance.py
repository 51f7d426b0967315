"""Significance of a Sharpe ratio: its error, PSR, DSR and the record it needs.

Every Sharpe ratio here is per period, never annualised, and every kurtosis is
the raw one (3 for a normal variable).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import DataError

EULER_GAMMA = 0.5772156649015329
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnMoments:
    """Hold what PSR and DSR need of a series of returns per period."""

    count: int
    mean: float
    deviation: float
    sharpe: float
    skewness: float
    kurtosis: float


def return_moments(returns: NDArray[np.float64]) -> ReturnMoments | None:
    """Measure ``returns``; None where a Sharpe ratio has no meaning.

    Parameters
    ----------
    returns
        ndarray of shape (n_periods,), fractions per period, in time order.

    Returns
    -------
    ReturnMoments or None
        None for fewer than three returns or returns that do not vary. The
        deviation has n - 1 in its divisor; skewness and kurtosis have n.

    Raises
    ------
    DataError
        If a return is not finite.
    """
    if not bool(np.isfinite(returns).all()):
        raise DataError(
            f"{int((~np.isfinite(returns)).sum())} of {returns.size} returns are "
            "not finite; expected finite ones"
        )
    if returns.size < 3:
        return None
    mean = float(returns.mean())
    centred = returns - mean
    variance = float(np.mean(centred**2))
    # A constant series leaves only the rounding of its own mean.
    if math.sqrt(variance) <= 1e-12 * max(float(np.abs(returns).max()), 1e-12):
        return None
    deviation = math.sqrt(variance * returns.size / (returns.size - 1))
    return ReturnMoments(
        count=int(returns.size),
        mean=mean,
        deviation=deviation,
        sharpe=mean / deviation,
        skewness=float(np.mean(centred**3)) / variance**1.5,
        kurtosis=float(np.mean(centred**4)) / variance**2,
    )


def sharpe_standard_error(
    *, sharpe: float, count: int, skewness: float, kurtosis: float
) -> float:
    """Return the standard error of a Sharpe ratio per period.

    Parameters
    ----------
    sharpe
        Sharpe ratio per period.
    count
        Periods observed, at least 2.
    skewness, kurtosis
        Of the returns; raw kurtosis.

    Raises
    ------
    DataError
        If there are fewer than 2 periods or the moments contradict each other.

    References
    ----------
    Lo (2002); Mertens (2002).
    """
    if count < 2:
        raise DataError(f"Sharpe ratio over {count} periods; expected at least 2")
    spread = _spread(sharpe, skewness, kurtosis)
    return math.sqrt(spread / (count - 1))


def probabilistic_sharpe(
    *, sharpe: float, benchmark: float, count: int, skewness: float, kurtosis: float
) -> float:
    """Return the probability that the true Sharpe ratio exceeds ``benchmark`` (PSR).

    Parameters
    ----------
    sharpe, benchmark
        Sharpe ratios per period.
    count
        Periods observed.
    skewness, kurtosis
        Of the returns; raw kurtosis.

    References
    ----------
    Bailey and Lopez de Prado (2012).
    """
    error = sharpe_standard_error(
        sharpe=sharpe, count=count, skewness=skewness, kurtosis=kurtosis
    )
    return _NORMAL.cdf((sharpe - benchmark) / error)


def expected_best_unit(trials: int) -> float:
    """Return the expected largest of ``trials`` standard normal draws.

    Notes
    -----
    One trial selects nothing, so its expectation is zero.
    """
    if trials < 1:
        raise DataError(f"{trials} trials; expected at least 1")
    if trials == 1:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return (1.0 - EULER_GAMMA) * first + EULER_GAMMA * second


def expected_best_sharpe(*, trials: int, trial_deviation: float) -> float:
    """Return the Sharpe ratio that the best of ``trials`` worthless ones shows.

    Parameters
    ----------
    trials
        Configurations tried.
    trial_deviation
        Standard deviation over trials of their Sharpe ratios per period.
    """
    return trial_deviation * expected_best_unit(trials)


def deflated_sharpe(
    *,
    sharpe: float,
    count: int,
    skewness: float,
    kurtosis: float,
    trials: int,
    trial_deviation: float,
) -> float:
    """Return the PSR against the best that ``trials`` worthless tries would show.

    Parameters
    ----------
    sharpe
        Sharpe ratio per period of the chosen configuration.
    count
        Periods observed.
    skewness, kurtosis
        Of its returns; raw kurtosis.
    trials
        Configurations tried, this one included.
    trial_deviation
        Standard deviation over trials of their Sharpe ratios per period.

    References
    ----------
    Bailey and Lopez de Prado (2014).
    """
    hurdle = expected_best_sharpe(trials=trials, trial_deviation=trial_deviation)
    return probabilistic_sharpe(
        sharpe=sharpe,
        benchmark=hurdle,
        count=count,
        skewness=skewness,
        kurtosis=kurtosis,
    )


def minimum_track_record(
    *,
    sharpe: float,
    benchmark: float,
    skewness: float,
    kurtosis: float,
    confidence: float,
) -> float:
    """Return how many periods show that ``sharpe`` exceeds ``benchmark`` (MinTRL).

    Parameters
    ----------
    sharpe, benchmark
        Sharpe ratios per period.
    skewness, kurtosis
        Of the returns; raw kurtosis.
    confidence
        Probability wanted, e.g. 0.95.

    Returns
    -------
    float
        Periods; infinite where ``sharpe`` does not exceed ``benchmark``.

    References
    ----------
    Bailey and Lopez de Prado (2012).
    """
    if sharpe <= benchmark:
        return math.inf
    spread = _spread(sharpe, skewness, kurtosis)
    return 1.0 + spread * (_NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2


def _spread(sharpe: float, skewness: float, kurtosis: float) -> float:
    spread = 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if not spread > 0.0:
        raise DataError(
            f"sharpe {sharpe}, skewness {skewness}, kurtosis {kurtosis} give variance "
            f"{spread}; expected raw kurtosis of at least skewness squared plus 1"
        )
    return spread
