"""A policy that trades often: it exists to exercise orders, not to earn."""

from __future__ import annotations

from solalpha.clock import to_us
from solalpha.config import Parameters
from solalpha.market.lots import whole_lots
from solalpha.strategy.decision import PolicyDecision, PolicyInputs, reason_of

# Exposures taken in turn: enter, enlarge, reduce, flip, reduce, flat.
_EXPOSURES = (0.3, 0.6, 0.2, -0.5, -0.2, 0.0)
# Near enough that a fair share of the stops is hit.
_STOP_ATR = 1.0


def probe(inputs: PolicyInputs, parameters: Parameters) -> PolicyDecision:
    """Walk through entries, resizes, flips, stops and exits by the bar's number."""
    decision_us = parameters.bar_minutes * parameters.decide_every_bars * 60_000_000
    step = to_us(inputs.bar_closed_at) // decision_us
    exposure = _EXPOSURES[step % len(_EXPOSURES)]
    target = inputs.position_base
    if inputs.equity_usd > 0.0 and inputs.close > 0.0:
        target = whole_lots(
            exposure * inputs.equity_usd / inputs.close, parameters.lot_decimals
        )
    return PolicyDecision(
        target_base=target,
        stop_distance_usd=_STOP_ATR * inputs.atr,
        reason=reason_of(inputs.position_base, target),
        gates=(),
    )
