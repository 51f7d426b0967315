"""The statistics of the realism table, and how near the sample has to come.

A statistic is near if it is within a factor of the recorded one (scales) or within
a difference (correlations, shares, exponents). Where the sample cannot be near by
its making, as in the number of trades, the table says so by its own numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solalpha.audit import stylised as st
from solalpha.audit.facts_flow import book_facts, outage_facts, trade_facts
from solalpha.audit.observed import Candles, Observed
from solalpha.audit.stylised import Floats

_TAIL = 0.05  # share of the observations that counts as the tail
_HOUR_US = 3_600_000_000
_FIVE_US = 300_000_000
_BASE_RATE = 0.0000125  # of an hour: interest alone
_RATE_STEP = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Name one statistic; exactly one of ``factor`` and ``difference`` is given."""

    group: str
    name: str
    unit: str
    factor: float | None = None
    difference: float | None = None

    @property
    def allowed(self) -> str:
        """Return how far apart is near, in words."""
        if self.factor is not None:
            return f"factor {self.factor:g}"
        return f"+-{self.difference:g}"

    def is_near(self, sample: float, real: float) -> bool:
        """Tell whether the sample's value is near the recorded one."""
        if self.factor is not None:
            low, high = sorted((real / self.factor, real * self.factor))
            return low <= sample <= high
        return abs(sample - real) <= (self.difference or 0.0)


def _facts(group: str, *rows: tuple[str, str, str, float]) -> tuple[Fact, ...]:
    return tuple(
        Fact(group=group, name=name, unit=unit, factor=bound)
        if kind == "factor"
        else Fact(group=group, name=name, unit=unit, difference=bound)
        for name, unit, kind, bound in rows
    )


FACTS = (
    *_facts(
        "tails",
        ("hour_return_deviation", "fraction", "factor", 1.4),
        ("hour_return_excess_kurtosis", "", "factor", 2.0),
        ("hour_return_tail_index", "exponent", "difference", 0.6),
        ("hour_return_autocorrelation", "lag 1 h", "difference", 0.06),
        ("five_minute_excess_kurtosis", "", "factor", 2.0),
        ("five_minute_tail_index", "exponent", "difference", 0.6),
    ),
    *_facts(
        "volatility clustering",
        ("absolute_return_memory_1h", "correlation", "difference", 0.08),
        ("absolute_return_memory_6h", "correlation", "difference", 0.08),
        ("absolute_return_memory_24h", "correlation", "difference", 0.08),
        ("absolute_return_memory_168h", "correlation", "difference", 0.08),
        ("absolute_return_memory_5min", "correlation", "difference", 0.08),
        ("absolute_return_memory_60min", "correlation", "difference", 0.08),
    ),
    *_facts(
        "season",
        ("busiest_hour", "hour UTC", "difference", 1.0),
        ("busiest_hour_size", "of the mean", "difference", 0.25),
        ("calmest_hour_size", "of the mean", "difference", 0.15),
        ("weekend_size", "of weekdays", "difference", 0.15),
    ),
    *_facts(
        "volume",
        ("hour_volume_median", "base", "factor", 2.0),
        ("hour_volume_memory", "lag 1 h, of logs", "difference", 0.15),
        ("volume_with_volatility", "correlation of logs", "difference", 0.15),
    ),
    *_facts(
        "funding",
        ("funding_mean", "per hour", "factor", 1.5),
        ("funding_deviation", "per hour", "factor", 1.5),
        ("funding_at_base_rate", "share", "difference", 0.15),
        ("funding_negative", "share", "difference", 0.10),
        ("funding_quantile_01", "per hour", "factor", 2.0),
        ("funding_quantile_99", "per hour", "factor", 2.0),
        ("funding_memory_1h", "correlation", "difference", 0.08),
        ("funding_memory_24h", "correlation", "difference", 0.15),
        ("funding_memory_168h", "correlation", "difference", 0.15),
    ),
    *_facts(
        "spread and depth",
        ("spread_mean", "bps", "factor", 1.5),
        ("spread_of_one_tick", "share", "difference", 0.15),
        ("spread_to_volatility", "elasticity", "difference", 0.35),
        ("depth_to_volatility", "elasticity", "difference", 0.35),
        ("best_size_median", "base", "factor", 2.0),
        ("best_size_log_deviation", "", "factor", 1.5),
        ("level_5_to_best_size", "ratio of means", "factor", 1.5),
        ("level_20_to_best_size", "ratio of means", "factor", 1.5),
        ("book_reach", "bps to level 20", "factor", 1.5),
        ("imbalance_deviation", "5 levels", "difference", 0.2),
    ),
    *_facts(
        "trade signs",
        ("sign_memory_1", "fills", "difference", 0.15),
        ("sign_memory_10", "fills", "difference", 0.15),
        ("order_sign_memory_1", "orders", "difference", 0.10),
        ("order_sign_memory_10", "orders", "difference", 0.10),
        ("order_sign_exponent", "of the lag", "difference", 0.4),
    ),
    *_facts(
        "trades",
        ("fills_per_order", "", "factor", 1.5),
        ("order_gap_mean", "s", "factor", 2.0),
        ("order_gap_variation", "deviation over mean", "factor", 2.0),
        ("order_size_median", "base", "factor", 2.0),
        ("order_size_log_deviation", "", "factor", 1.5),
    ),
    *_facts(
        "impact",
        ("response_under_2s", "bps", "difference", 0.5),
        ("response_2s_to_10s", "bps", "difference", 0.75),
        ("response_10s_to_60s", "bps", "difference", 1.0),
        ("response_60s_to_300s", "bps", "difference", 1.5),
    ),
    *_facts(
        "outages",
        ("outages_per_year", "of 5 min or more", "factor", 2.0),
        ("outage_minutes_per_year", "min", "factor", 2.0),
    ),
)


def measured(observed: Observed) -> dict[str, float]:
    """Return every statistic by name; NaN where the recording is too short for it."""
    found = dict.fromkeys((fact.name for fact in FACTS), st.NOTHING)
    if observed.hours is not None:
        found |= _hour_facts(observed.hours)
    if observed.five_minutes is not None:
        found |= _five_minute_facts(observed.five_minutes)
    if observed.funding is not None:
        found |= _funding_facts(observed.funding)
    if observed.books is not None:
        found |= book_facts(observed.books)
    if observed.trades is not None:
        found |= trade_facts(observed.trades, observed.books)
    return found | outage_facts(observed)


def _returns(candles: Candles, step_us: int) -> tuple[Floats, NDArray[np.intp]]:
    # Log returns over exactly one step, and the row that each ends in.
    apart = np.diff(candles.open_us) == step_us
    end = np.flatnonzero(apart) + 1
    return np.log(candles.close[end] / candles.close[end - 1]), end


def _hour_facts(candles: Candles) -> dict[str, float]:
    returns, end = _returns(candles, _HOUR_US)
    size, volume = np.abs(returns), candles.volume[end]
    hours = candles.open_us[end] // _HOUR_US
    profile = st.hour_profile(hours, size)
    traded = volume[volume > 0.0]
    return {
        "hour_return_deviation": st.deviation(returns),
        "hour_return_excess_kurtosis": st.excess_kurtosis(returns),
        "hour_return_tail_index": st.tail_index(returns, _TAIL),
        "hour_return_autocorrelation": st.autocorrelation(returns, 1),
        **{
            f"absolute_return_memory_{lag}h": st.autocorrelation(size, lag)
            for lag in (1, 6, 24, 168)
        },
        "busiest_hour": float(np.nanargmax(profile)),
        "busiest_hour_size": float(np.nanmax(profile)),
        "calmest_hour_size": float(np.nanmin(profile)),
        "weekend_size": st.weekend_share(hours, size),
        "hour_volume_median": float(np.median(volume)),
        "hour_volume_memory": st.autocorrelation(np.log(traded), 1),
        "volume_with_volatility": st.log_correlation(volume, size),
    }


def _five_minute_facts(candles: Candles) -> dict[str, float]:
    returns, _ = _returns(candles, _FIVE_US)
    return {
        "five_minute_excess_kurtosis": st.excess_kurtosis(returns),
        "five_minute_tail_index": st.tail_index(returns, _TAIL),
        "absolute_return_memory_5min": st.autocorrelation(np.abs(returns), 1),
        "absolute_return_memory_60min": st.autocorrelation(np.abs(returns), 12),
    }


def _funding_facts(rate: Floats) -> dict[str, float]:
    return {
        "funding_mean": float(rate.mean()),
        "funding_deviation": st.deviation(rate),
        "funding_at_base_rate": float(np.mean(np.abs(rate - _BASE_RATE) < _RATE_STEP)),
        "funding_negative": float(np.mean(rate < 0.0)),
        "funding_quantile_01": float(np.quantile(rate, 0.01)),
        "funding_quantile_99": float(np.quantile(rate, 0.99)),
        **{
            f"funding_memory_{lag}h": st.autocorrelation(rate, lag)
            for lag in (1, 24, 168)
        },
    }
