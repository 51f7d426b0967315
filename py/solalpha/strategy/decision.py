"""What a policy reads and what it answers, with the reasons by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from solalpha.config import Parameters
from solalpha.market.gates import Gate

__all__ = ["Gate", "Policy", "PolicyDecision", "PolicyInputs", "reason_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInputs:
    """Hold what a policy may know at one decision.

    Prices in USD of the causal bar; NaN is unknown, ``regime`` 0 is unknown.
    ``realised_volatility`` is the root of summed squared log returns over
    ``realised_short_bars``; ``funding_rate`` the last settled hourly rate (positive:
    longs pay); ``position_base`` is signed; ``cash_usd`` is what is not tied up in a
    position (equity when flat).
    """

    coin: str
    bar_closed_at: datetime
    probability_up: float
    close: float
    atr: float
    ema_fast: float
    ema_slow: float
    macd_line: float
    macd_signal: float
    rsi: float
    realised_volatility: float
    regime: int
    sentiment: float
    funding_rate: float
    position_base: float
    equity_usd: float
    cash_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDecision:
    """Hold the position a policy wants and why.

    ``target_base`` is signed, in whole lots. ``stop_distance_usd`` is the distance
    of a protective stop from the entry price; NaN for none.
    """

    target_base: float
    stop_distance_usd: float
    reason: str
    gates: tuple[Gate, ...]


Policy = Callable[[PolicyInputs, Parameters], PolicyDecision]


def reason_of(position_base: float, target_base: float) -> str:
    """Return what going from a position to a target is called.

    ``enter`` (also when flipping), ``exit``, ``resize`` or ``hold``.
    """
    if target_base == position_base:
        return "hold"
    if target_base == 0.0:
        return "exit"
    return "resize" if position_base * target_base > 0.0 else "enter"
