"""What trading and holding cost: scalar functions of floats, one per idea.

Costs are positive when paid. The functions hold no objects and no state, so that
the event loop, the paper account and a compiled loop run the same lines.
"""

from __future__ import annotations

import math

BPS = 1e-4


def fee_usd(notional_usd: float, fee_rate: float) -> float:
    """Return the fee on an absolute notional; ``fee_rate`` is a share of it."""
    return abs(notional_usd) * fee_rate


def cost_bps(spread_bps: float, slippage_bps: float) -> float:
    """Return what crossing costs against the mid: half the spread and slippage."""
    return 0.5 * spread_bps + slippage_bps


def fill_price(mid: float, side: int, spread_bps: float, slippage_bps: float) -> float:
    """Return a taker's price: worse than ``mid`` by half the spread and slippage.

    Parameters
    ----------
    mid : float
        Mid price at execution, USD.
    side : int
        +1 for a buy, -1 for a sell.
    spread_bps, slippage_bps : float
        Whole spread and slippage beyond it, basis points of the mid.
    """
    return mid * (1.0 + side * cost_bps(spread_bps, slippage_bps) * BPS)


def slippage_usd(fill_base: float, price: float, mid_at_decision: float) -> float:
    """Return the cost of a signed fill against the mid at decision, in USD.

    Positive is a cost; a price that moved our way before the fill makes it negative.
    """
    return fill_base * (price - mid_at_decision)


def funding_payment_usd(position_base: float, price: float, rate: float) -> float:
    """Return what a position pays at one funding stamp, in USD.

    Positive is paid: a long pays at a positive rate, a short receives.
    """
    return position_base * price * rate


def round_trip_ratio(fee_rate: float, spread_bps: float, slippage_bps: float) -> float:
    """Return the cost of entering and leaving as a taker, as a share of notional."""
    return 2.0 * (fee_rate + cost_bps(spread_bps, slippage_bps) * BPS)


def initial_margin_usd(size_base: float, mark_price: float, leverage: float) -> float:
    """Return the margin that opening a position locks, in USD."""
    return abs(size_base) * mark_price / leverage


def maintenance_margin_usd(
    size_base: float, mark_price: float, maintenance_rate: float, deduction_usd: float
) -> float:
    """Return the equity below which a position is liquidated, in USD.

    ``deduction_usd`` is the constant of the margin tier, zero in the lowest.
    """
    return abs(size_base) * mark_price * maintenance_rate - deduction_usd


def liquidation_price(
    size_base: float, mark_price: float, available_usd: float, maintenance_rate: float
) -> float:
    """Return the mark price at which ``available_usd`` is used up, NaN for none.

    Parameters
    ----------
    size_base : float
        Signed position in base units.
    mark_price : float
        Mark price now.
    available_usd : float
        Equity above the maintenance margin: of the account (cross) or of the
        position (isolated).
    maintenance_rate : float
        Maintenance margin as a share of notional in the tier that applies.
    """
    if size_base == 0.0:
        return math.nan
    side = 1.0 if size_base > 0.0 else -1.0
    distance = available_usd / abs(size_base) / (1.0 - maintenance_rate * side)
    price = mark_price - side * distance
    return price if price > 0.0 else math.nan


def liquidation_price_isolated(
    size_base: float,
    mark_price: float,
    collateral_usd: float,
    unrealised_usd: float,
    maintenance_rate: float,
) -> float:
    """Return the liquidation price of an isolated position, NaN for none."""
    margin = maintenance_margin_usd(size_base, mark_price, maintenance_rate, 0.0)
    return liquidation_price(
        size_base,
        mark_price,
        collateral_usd + unrealised_usd - margin,
        maintenance_rate,
    )


def liquidation_price_cross(
    size_base: float,
    mark_price: float,
    account_value_usd: float,
    maintenance_usd: float,
    maintenance_rate: float,
) -> float:
    """Return the liquidation price of one position of a cross account, NaN for none.

    ``account_value_usd`` includes unrealised profit; ``maintenance_usd`` is the
    maintenance margin of all cross positions of the account.
    """
    return liquidation_price(
        size_base, mark_price, account_value_usd - maintenance_usd, maintenance_rate
    )


def is_liquidated(
    account_value_usd: float,
    size_base: float,
    mark_price: float,
    maintenance_rate: float,
) -> bool:
    """Return whether the account's value fell below its maintenance margin."""
    margin = maintenance_margin_usd(size_base, mark_price, maintenance_rate, 0.0)
    return size_base != 0.0 and account_value_usd < margin
