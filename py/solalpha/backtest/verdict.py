"""BEATS, INCONCLUSIVE or DOES NOT BEAT: what the record can bear."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from solalpha.backtest.metrics import FloatArray, log_growth
from solalpha.config import Parameters
from solalpha.model import bootstrap, significance

BEATS = "BEATS"
INCONCLUSIVE = "INCONCLUSIVE"
DOES_NOT_BEAT = "DOES NOT BEAT"
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Hold the verdict, its reason, and the two Sharpe probabilities (or NaN)."""

    verdict: str
    reason: str
    psr: float
    dsr: float


def judge(
    equity_usd: FloatArray,
    benchmarks: Mapping[str, FloatArray],
    returns: FloatArray,
    *,
    trials: int,
    missing_funding: int,
    parameters: Parameters,
) -> Verdict:
    """Compare net log growth with every benchmark and deflate the Sharpe ratio.

    BEATS needs the lower bound of the difference above 0 against each benchmark
    and DSR above 0.95. DOES NOT BEAT follows from an upper bound below 0 against
    any. Everything else, and any result whose funding is unknown, is INCONCLUSIVE.

    Parameters
    ----------
    equity_usd
        ndarray of shape (n_bars,), net of all costs.
    benchmarks
        Name to ndarray of shape (n_bars,), net of their own costs.
    returns
        ndarray of shape (n_days,), daily simple returns of the strategy.
    trials
        Configurations tried, this one included.
    missing_funding
        Due funding rates that are unknown in the period.

    Notes
    -----
    Bounds are those of the two-sided 95 % interval of the mean difference per bar,
    by the circular block bootstrap. The Sharpe ratios of worthless trials are taken
    to scatter by 1 / sqrt(days), their deviation when there is nothing to find.
    """
    psr, dsr = sharpe_probabilities(returns, trials)
    intervals = {
        name: _interval(equity_usd, benchmark, parameters)
        for name, benchmark in benchmarks.items()
    }
    shown = "; ".join(
        f"vs {name}: {low:+.2e} to {high:+.2e} log growth per bar"
        for name, (low, high) in intervals.items()
    )
    shown += f"; DSR {_shown(dsr)} over {trials} trials"
    verdict = _verdict(intervals, dsr)
    if missing_funding > 0:
        verdict = INCONCLUSIVE
        shown = f"funding unknown at {missing_funding} edges, charged none; {shown}"
    return Verdict(verdict=verdict, reason=shown, psr=psr, dsr=dsr)


def sharpe_probabilities(returns: FloatArray, trials: int) -> tuple[float, float]:
    """Return PSR against zero and DSR of daily returns; NaN where undefined."""
    moments = significance.return_moments(returns)
    if moments is None:
        return math.nan, math.nan
    psr = significance.probabilistic_sharpe(
        sharpe=moments.sharpe,
        benchmark=0.0,
        count=moments.count,
        skewness=moments.skewness,
        kurtosis=moments.kurtosis,
    )
    dsr = significance.deflated_sharpe(
        sharpe=moments.sharpe,
        count=moments.count,
        skewness=moments.skewness,
        kurtosis=moments.kurtosis,
        trials=trials,
        trial_deviation=1.0 / math.sqrt(moments.count),
    )
    return psr, dsr


def _interval(
    equity_usd: FloatArray, benchmark_usd: FloatArray, parameters: Parameters
) -> tuple[float, float]:
    difference = log_growth(equity_usd) - log_growth(benchmark_usd)
    return bootstrap.mean_interval(
        np.asarray(difference, dtype=np.float64),
        level=CONFIDENCE,
        block=parameters.bootstrap_block_bars,
        draws=parameters.bootstrap_draws,
        seed=parameters.model_seed,
    )


def _verdict(intervals: Mapping[str, tuple[float, float]], dsr: float) -> str:
    if any(high < 0.0 for _, high in intervals.values()):
        return DOES_NOT_BEAT
    if dsr > CONFIDENCE and all(low > 0.0 for low, _ in intervals.values()):
        return BEATS
    return INCONCLUSIVE


def _shown(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.3f}"
