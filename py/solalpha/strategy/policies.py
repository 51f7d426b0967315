"""The named policies: each wraps scalar functions and says which gates passed."""

from __future__ import annotations

import math

from solalpha.config import Parameters
from solalpha.market import costs
from solalpha.strategy import policy, signal
from solalpha.strategy.decision import Gate, PolicyDecision, PolicyInputs, reason_of


def paper(inputs: PolicyInputs, parameters: Parameters) -> PolicyDecision:
    """Decide by the paper's Algorithm 1: long only, no stop."""
    target = policy.paper_target(
        probability_up=inputs.probability_up,
        close=inputs.close,
        atr=inputs.atr,
        ema_fast=inputs.ema_fast,
        ema_slow=inputs.ema_slow,
        macd_line=inputs.macd_line,
        macd_signal=inputs.macd_signal,
        rsi=inputs.rsi,
        regime=inputs.regime,
        sentiment=inputs.sentiment,
        position_base=inputs.position_base,
        cash_usd=inputs.cash_usd,
        paper_risk_fraction=parameters.paper_risk_fraction,
        paper_cash_fraction=parameters.paper_cash_fraction,
        paper_rsi_low=parameters.paper_rsi_low,
        paper_rsi_high=parameters.paper_rsi_high,
        paper_min_score=parameters.paper_min_score,
        risk_sentiment_floor=parameters.risk_sentiment_floor,
        lot_decimals=parameters.lot_decimals,
    )
    return PolicyDecision(
        target_base=target,
        stop_distance_usd=math.nan,
        reason=reason_of(inputs.position_base, target),
        gates=_paper_gates(inputs, parameters),
    )


def _paper_gates(inputs: PolicyInputs, parameters: Parameters) -> tuple[Gate, ...]:
    score = signal.paper_score(
        inputs.probability_up,
        inputs.close,
        inputs.ema_fast,
        inputs.macd_line,
        inputs.macd_signal,
        inputs.rsi,
        parameters.paper_rsi_low,
    )
    return (
        Gate(
            name="probability",
            passed=inputs.probability_up >= 0.5,
            detail=f"probability_up={_shown(inputs.probability_up)} needs >= 0.5",
        ),
        Gate(
            name="regime",
            passed=inputs.regime > 0,
            detail=f"regime={inputs.regime:+d} needs +1",
        ),
        Gate(
            name="trend",
            passed=inputs.close > inputs.ema_slow,
            detail=f"close={_shown(inputs.close)} needs > "
            f"ema_slow={_shown(inputs.ema_slow)}",
        ),
        Gate(
            name="score",
            passed=score >= parameters.paper_min_score,
            detail=f"score={score} needs >= {parameters.paper_min_score}",
        ),
        Gate(
            name="overbought",
            passed=not inputs.rsi > parameters.paper_rsi_high,
            detail=f"rsi={_shown(inputs.rsi)} leaves > {parameters.paper_rsi_high:g}",
        ),
        _sentiment_gate(inputs, parameters, 1),
    )


def perp(inputs: PolicyInputs, parameters: Parameters) -> PolicyDecision:
    """Decide long, short or flat, sized for volatility, with a stop at k ATR."""
    target = policy.perp_target(
        probability_up=inputs.probability_up,
        close=inputs.close,
        atr=inputs.atr,
        realised_volatility=inputs.realised_volatility,
        regime=inputs.regime,
        sentiment=inputs.sentiment,
        funding_rate=inputs.funding_rate,
        position_base=inputs.position_base,
        equity_usd=inputs.equity_usd,
        bar_minutes=parameters.bar_minutes,
        label_horizon_bars=parameters.label_horizon_bars,
        realised_short_bars=parameters.realised_short_bars,
        bars_per_year=parameters.bars_per_year,
        perp_enter_probability=parameters.perp_enter_probability,
        perp_exit_probability=parameters.perp_exit_probability,
        perp_volatility_target=parameters.perp_volatility_target,
        perp_max_exposure=parameters.perp_max_exposure,
        perp_min_edge_ratio=parameters.perp_min_edge_ratio,
        risk_sentiment_floor=parameters.risk_sentiment_floor,
        taker_fee_rate=parameters.taker_fee_rate,
        default_spread_bps=parameters.default_spread_bps,
        slippage_bps=parameters.slippage_bps,
        lot_decimals=parameters.lot_decimals,
    )
    return PolicyDecision(
        target_base=target,
        stop_distance_usd=parameters.perp_stop_atr * inputs.atr,
        reason=reason_of(inputs.position_base, target),
        gates=_perp_gates(inputs, parameters),
    )


def _perp_gates(inputs: PolicyInputs, parameters: Parameters) -> tuple[Gate, ...]:
    side = signal.direction(inputs.probability_up, parameters.perp_enter_probability)
    known = inputs.atr > 0.0 and inputs.realised_volatility > 0.0 and inputs.close > 0.0
    return (
        Gate(
            name="probability",
            passed=side != 0,
            detail=f"probability_up={_shown(inputs.probability_up)} needs >= "
            f"{parameters.perp_enter_probability:g} or <= "
            f"{1.0 - parameters.perp_enter_probability:g}",
        ),
        Gate(
            name="regime",
            passed=signal.is_regime_on_side(side, inputs.regime),
            detail=f"regime={inputs.regime:+d} side={side:+d}",
        ),
        Gate(
            name="known",
            passed=known,
            detail=f"close={_shown(inputs.close)} atr={_shown(inputs.atr)} "
            f"realised_volatility={_shown(inputs.realised_volatility)}",
        ),
        _sentiment_gate(inputs, parameters, side),
        _edge_gate(inputs, parameters, side),
    )


def _edge_gate(inputs: PolicyInputs, parameters: Parameters, side: int) -> Gate:
    volatility = signal.horizon_volatility(
        inputs.realised_volatility,
        parameters.realised_short_bars,
        parameters.label_horizon_bars,
    )
    edge = signal.expected_edge(inputs.probability_up, volatility)
    hours = parameters.label_horizon_bars * parameters.bar_minutes / 60.0
    funding = signal.expected_funding(side, inputs.funding_rate, hours)
    cost = costs.round_trip_ratio(
        parameters.taker_fee_rate,
        parameters.default_spread_bps,
        parameters.slippage_bps,
    )
    source = "unknown" if math.isnan(inputs.funding_rate) else _shown(funding)
    return Gate(
        name="edge",
        passed=signal.is_edge_enough(
            edge, cost, funding, parameters.perp_min_edge_ratio
        ),
        detail=f"edge={_shown(edge)} cost={_shown(cost)} funding={source} "
        f"ratio={parameters.perp_min_edge_ratio:g}",
    )


def _sentiment_gate(inputs: PolicyInputs, parameters: Parameters, side: int) -> Gate:
    is_bad = signal.is_sentiment_bad(inputs.sentiment, parameters.risk_sentiment_floor)
    return Gate(
        name="sentiment",
        passed=side <= 0 or not is_bad,
        detail=f"sentiment={_shown(inputs.sentiment)} floor="
        f"{parameters.risk_sentiment_floor:g}",
    )


def _shown(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.6g}"
