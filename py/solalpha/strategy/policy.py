"""The policies as scalar functions: from a bar and an account to a target position.

Targets are signed base units in whole lots. NaN is unknown, regime 0 is unknown.
An unknown input never opens a position; an open one is kept until an exit is
known to hold. Sentiment is the exception that is stated: no headline is no bad
news, so an unknown sentiment neither blocks nor closes.
"""

# Scalars in a row, not objects: the compiled twin takes the same source.
# ruff: noqa: PLR0917

from __future__ import annotations

from solalpha.market import costs
from solalpha.strategy import signal, sizing


def paper_target(
    probability_up: float,
    close: float,
    atr: float,
    ema_fast: float,
    ema_slow: float,
    macd_line: float,
    macd_signal: float,
    rsi: float,
    regime: int,
    sentiment: float,
    position_base: float,
    cash_usd: float,
    paper_risk_fraction: float,
    paper_cash_fraction: float,
    paper_rsi_low: float,
    paper_rsi_high: float,
    paper_min_score: int,
    risk_sentiment_floor: float,
    lot_decimals: int,
) -> float:
    """Return the target of the paper's Algorithm 1, long only.

    Enter when flat, bullish, above the slow average, scored high enough and not
    under the sentiment floor; leave when the classifier says down, the regime is
    bearish, RSI is over its high or sentiment is under its floor.

    References
    ----------
    Pillai, Ajith, Sumesh (2026).
    """
    if position_base > 0.0:
        leaves = is_paper_exit(
            probability_up,
            rsi,
            regime,
            sentiment,
            paper_rsi_high,
            risk_sentiment_floor,
        )
        return 0.0 if leaves else position_base
    enters = is_paper_entry(
        probability_up,
        close,
        ema_fast,
        ema_slow,
        macd_line,
        macd_signal,
        rsi,
        regime,
        sentiment,
        paper_rsi_low,
        paper_min_score,
        risk_sentiment_floor,
    )
    if not enters:
        return 0.0
    return sizing.paper_size(
        cash_usd, close, atr, paper_risk_fraction, paper_cash_fraction, lot_decimals
    )


def is_paper_entry(
    probability_up: float,
    close: float,
    ema_fast: float,
    ema_slow: float,
    macd_line: float,
    macd_signal: float,
    rsi: float,
    regime: int,
    sentiment: float,
    paper_rsi_low: float,
    paper_min_score: int,
    risk_sentiment_floor: float,
) -> bool:
    """Return whether every entry condition of the paper holds.

    An unknown probability enters nothing, whatever the other points say.
    """
    if not 0.0 <= probability_up <= 1.0:
        return False
    score = signal.paper_score(
        probability_up, close, ema_fast, macd_line, macd_signal, rsi, paper_rsi_low
    )
    return (
        regime > 0
        and close > ema_slow
        and score >= paper_min_score
        and not signal.is_sentiment_bad(sentiment, risk_sentiment_floor)
    )


def is_paper_exit(
    probability_up: float,
    rsi: float,
    regime: int,
    sentiment: float,
    paper_rsi_high: float,
    risk_sentiment_floor: float,
) -> bool:
    """Return whether any exit condition of the paper is known to hold."""
    return (
        probability_up < 0.5
        or regime < 0
        or rsi > paper_rsi_high
        or signal.is_sentiment_bad(sentiment, risk_sentiment_floor)
    )


def perp_target(
    probability_up: float,
    close: float,
    atr: float,
    realised_volatility: float,
    regime: int,
    sentiment: float,
    funding_rate: float,
    position_base: float,
    equity_usd: float,
    bar_minutes: int,
    label_horizon_bars: int,
    realised_short_bars: int,
    bars_per_year: int,
    perp_enter_probability: float,
    perp_exit_probability: float,
    perp_volatility_target: float,
    perp_max_exposure: float,
    perp_min_edge_ratio: float,
    risk_sentiment_floor: float,
    taker_fee_rate: float,
    default_spread_bps: float,
    slippage_bps: float,
    lot_decimals: int,
) -> float:
    """Return the target of the perpetual policy: long, short or flat.

    An entry on the other side replaces an open position; an open position is kept
    at its size until its exit holds, because resizing it pays costs for nothing
    that the model said.

    Parameters
    ----------
    realised_volatility : float
        Root of summed squared log returns over ``realised_short_bars`` bars.
    funding_rate : float
        Last settled hourly rate; unknown means no expectation of funding.
    """
    side = perp_entry_side(
        probability_up,
        atr,
        realised_volatility,
        regime,
        sentiment,
        funding_rate,
        bar_minutes,
        label_horizon_bars,
        realised_short_bars,
        perp_enter_probability,
        perp_min_edge_ratio,
        risk_sentiment_floor,
        taker_fee_rate,
        default_spread_bps,
        slippage_bps,
    )
    entry = perp_entry(
        side,
        position_base,
        equity_usd,
        close,
        realised_volatility,
        realised_short_bars,
        bars_per_year,
        perp_volatility_target,
        perp_max_exposure,
        lot_decimals,
    )
    if abs(entry) > 0.0:
        return entry
    leaves = is_perp_exit(
        position_base,
        probability_up,
        sentiment,
        perp_exit_probability,
        risk_sentiment_floor,
    )
    return 0.0 if leaves else position_base


def perp_entry(
    side: int,
    position_base: float,
    equity_usd: float,
    close: float,
    realised_volatility: float,
    realised_short_bars: int,
    bars_per_year: int,
    perp_volatility_target: float,
    perp_max_exposure: float,
    lot_decimals: int,
) -> float:
    """Return the position that an entry on ``side`` asks for, 0 if it asks for none.

    A position on that side keeps its size; a new one is of the targeted volatility.
    """
    if side == 0:
        return 0.0
    if position_base * side > 0.0:
        return position_base
    volatility = sizing.annual_volatility(
        realised_volatility, realised_short_bars, bars_per_year
    )
    return side * sizing.volatility_size(
        equity_usd,
        close,
        volatility,
        perp_volatility_target,
        perp_max_exposure,
        lot_decimals,
    )


def perp_entry_side(
    probability_up: float,
    atr: float,
    realised_volatility: float,
    regime: int,
    sentiment: float,
    funding_rate: float,
    bar_minutes: int,
    label_horizon_bars: int,
    realised_short_bars: int,
    perp_enter_probability: float,
    perp_min_edge_ratio: float,
    risk_sentiment_floor: float,
    taker_fee_rate: float,
    default_spread_bps: float,
    slippage_bps: float,
) -> int:
    """Return the side that every entry condition supports: +1, -1 or 0."""
    side = signal.direction(probability_up, perp_enter_probability)
    if not signal.is_regime_on_side(side, regime) or not atr > 0.0:
        return 0
    if side > 0 and signal.is_sentiment_bad(sentiment, risk_sentiment_floor):
        return 0
    volatility = signal.horizon_volatility(
        realised_volatility, realised_short_bars, label_horizon_bars
    )
    edge = signal.expected_edge(probability_up, volatility)
    funding = signal.expected_funding(
        side, funding_rate, label_horizon_bars * bar_minutes / 60.0
    )
    cost = costs.round_trip_ratio(taker_fee_rate, default_spread_bps, slippage_bps)
    if signal.is_edge_enough(edge, cost, funding, perp_min_edge_ratio):
        return side
    return 0


def is_perp_exit(
    position_base: float,
    probability_up: float,
    sentiment: float,
    perp_exit_probability: float,
    risk_sentiment_floor: float,
) -> bool:
    """Return whether the open position's exit is known to hold."""
    if position_base > 0.0:
        return signal.is_exit(
            1, probability_up, perp_exit_probability
        ) or signal.is_sentiment_bad(sentiment, risk_sentiment_floor)
    return position_base < 0.0 and signal.is_exit(
        -1, probability_up, perp_exit_probability
    )
