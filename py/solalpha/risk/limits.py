"""Limits as scalar functions of floats and ints; NaN is unknown.

An unknown measure never counts as within its limit: where it decides on new risk
the answer is no.
"""

from __future__ import annotations

import math

from solalpha.market.lots import whole_lots

QUALITY_PASS = 0
QUALITY_WARN = 1
QUALITY_FAIL = 2
QUALITY_UNKNOWN = 3
_QUALITY_CODES = {
    "PASS": QUALITY_PASS,
    "WARN": QUALITY_WARN,
    "FAIL": QUALITY_FAIL,
}


def quality_code(verdict: str | None) -> int:
    """Return the number of a quality verdict; unknown where there is none."""
    return QUALITY_UNKNOWN if verdict is None else _QUALITY_CODES.get(verdict, 3)


def exposure(position_base: float, price: float, equity_usd: float) -> float:
    """Return absolute notional over equity; infinite when equity is gone.

    With one coin this is the gross leverage as well.
    """
    if position_base == 0.0:
        return 0.0
    if equity_usd <= 0.0:
        return math.inf
    return abs(position_base) * price / equity_usd


def drawdown(equity_usd: float, peak_usd: float) -> float:
    """Return the fall from the peak as a fraction, 0 or negative."""
    return min(0.0, equity_usd / peak_usd - 1.0) if peak_usd > 0.0 else 0.0


def is_drawdown_breached(
    equity_usd: float, peak_usd: float, max_drawdown: float
) -> bool:
    """Return whether equity fell from its peak by the limit or more."""
    return drawdown(equity_usd, peak_usd) <= -max_drawdown


def is_daily_loss_breached(
    equity_usd: float, day_start_usd: float, daily_loss: float
) -> bool:
    """Return whether equity fell within the UTC day by the limit or more."""
    return drawdown(equity_usd, day_start_usd) <= -daily_loss


def is_stale(data_age_s: float, stale_data_s: float) -> bool:
    """Return whether the decision's bar is too old, or of unknown age."""
    return not data_age_s <= stale_data_s


def is_model_expired(model_age_hours: float, max_age_hours: float) -> bool:
    """Return whether the model is too old, or of unknown age."""
    return not model_age_hours <= max_age_hours


def is_quality_blocking(quality: int) -> bool:
    """Return whether the verdict blocks entries: FAIL, or none at all."""
    return quality >= QUALITY_FAIL


def is_sentiment_blocking(sentiment: float, floor: float) -> bool:
    """Return whether sentiment is known and under the floor."""
    return sentiment < floor


def reduced_only(target_base: float, position_base: float) -> float:
    """Return the part of a change of position that only reduces it.

    A target beyond flat stops at flat; a larger one stays at the position.
    """
    if position_base > 0.0:
        return min(max(target_base, 0.0), position_base)
    if position_base < 0.0:
        return max(min(target_base, 0.0), position_base)
    return 0.0


def largest_size(
    equity_usd: float, price: float, max_exposure: float, lot_decimals: int
) -> float:
    """Return the largest absolute position within the exposure limit, whole lots.

    Unknown equity or price allows none.
    """
    if not (equity_usd > 0.0 and price > 0.0):
        return 0.0
    if math.isinf(equity_usd) or math.isinf(price):
        return 0.0
    return whole_lots(max_exposure * equity_usd / price, lot_decimals)


def capped(target_base: float, position_base: float, largest_base: float) -> float:
    """Cap an increase of a position at the largest size; reductions pass.

    A position that drifted over the cap is not forced down by it.
    """
    if target_base * position_base > 0.0 and abs(target_base) <= abs(position_base):
        return target_base
    limit = largest_base
    if target_base * position_base > 0.0:
        limit = max(largest_base, abs(position_base))
    return math.copysign(min(abs(target_base), limit), target_base)
