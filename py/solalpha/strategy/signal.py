"""From a probability to a signal: scalar functions of floats and ints.

Unknown is NaN (regime: 0). Every comparison is written so that an unknown never
opens a position and never closes one.
"""

# Scalars in a row, not objects: the compiled twin takes the same source.
# ruff: noqa: PLR0917

from __future__ import annotations

import math

# Mean absolute value of a standard normal variable.
_MEAN_ABSOLUTE_NORMAL = math.sqrt(2.0 / math.pi)


def is_decision_bar(closed_at_s: int, bar_minutes: int, decide_every_bars: int) -> bool:
    """Return whether the bar that closed at this epoch second takes a decision.

    Decisions stand on multiples of ``decide_every_bars`` bars since the epoch, so
    that a daily decision falls on 00:00 UTC.
    """
    return closed_at_s % (bar_minutes * 60 * decide_every_bars) == 0


def direction(probability_up: float, enter_probability: float) -> int:
    """Return +1, -1 or 0 (no view, or unknown) for a probability of rising."""
    if probability_up >= enter_probability:
        return 1
    if 1.0 - probability_up >= enter_probability:
        return -1
    return 0


def is_exit(side: int, probability_up: float, exit_probability: float) -> bool:
    """Return whether the probability no longer supports a position on ``side``."""
    if side > 0:
        return probability_up < exit_probability
    return side < 0 and 1.0 - probability_up < exit_probability


def horizon_volatility(
    realised_volatility: float, window_bars: int, horizon_bars: int
) -> float:
    """Return the volatility over the horizon, from one realised over the window."""
    return realised_volatility * math.sqrt(horizon_bars / window_bars)


def expected_edge(probability_up: float, volatility: float) -> float:
    """Return the expected log return of the favoured side over the horizon.

    With a symmetric return of this ``volatility`` (over the same horizon) the side
    that is right with probability p earns (2 p - 1) times the mean absolute return.
    """
    return abs(2.0 * probability_up - 1.0) * volatility * _MEAN_ABSOLUTE_NORMAL


def expected_funding(side: int, funding_rate: float, horizon_hours: float) -> float:
    """Return funding expected to be paid over the horizon, as a share of notional.

    ``funding_rate`` is the last settled hourly rate; unknown (NaN) counts as no
    expectation, which the caller's gate says. Negative means received.
    """
    if math.isnan(funding_rate):
        return 0.0
    return side * funding_rate * horizon_hours


def is_edge_enough(
    edge: float, round_trip_ratio: float, funding_ratio: float, min_edge_ratio: float
) -> bool:
    """Return whether the edge covers costs and expected funding times the ratio.

    Funding that would be received lowers the bar but never below nothing.
    """
    return edge > 0.0 and edge >= min_edge_ratio * (round_trip_ratio + funding_ratio)


def is_regime_on_side(side: int, regime: int) -> bool:
    """Return whether the regime (+1, -1, 0 unknown) supports entering ``side``."""
    return side != 0 and side * regime > 0


def is_sentiment_bad(sentiment: float, floor: float) -> bool:
    """Return whether sentiment is known and below the floor."""
    return sentiment < floor


def paper_score(
    probability_up: float,
    close: float,
    ema_fast: float,
    macd_line: float,
    macd_signal: float,
    rsi: float,
    rsi_low: float,
) -> int:
    """Return the composite score of the paper, 0 to 3 points.

    One point each: the classifier says up, trend (above the fast average and MACD
    above its signal), reversion (RSI under its low).
    """
    score = 0
    if probability_up >= 0.5:
        score += 1
    if close > ema_fast and macd_line > macd_signal:
        score += 1
    if rsi < rsi_low:
        score += 1
    return score
