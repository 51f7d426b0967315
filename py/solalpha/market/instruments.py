"""What the venue says about a coin: legal prices and sizes, and the decimal edge.

The only module that converts between ``Decimal`` (money that reaches an order)
and ``float`` (statistics).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from solalpha.config import Parameters
from solalpha.errors import ConfigError, DataError
from solalpha.market.orders import Side

# The venue's price rule for perpetuals.
SIGNIFICANT_FIGURES = 5
PRICE_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """Hold what decides whether a price and a size are legal for one perpetual."""

    coin: str
    size_decimals: int
    min_notional_usd: Decimal
    max_leverage: int

    @classmethod
    def from_parameters(cls, parameters: Parameters, coin: str) -> Instrument:
        """Build the instrument of ``coin`` from the parameters.

        Raises
        ------
        ConfigError
            If the lot decimals are outside 0 to 6.
        """
        if not 0 <= parameters.lot_decimals <= PRICE_DECIMALS:
            raise ConfigError(
                f"lot_decimals is {parameters.lot_decimals}; expected 0 to "
                f"{PRICE_DECIMALS} (the venue's szDecimals)"
            )
        return cls(
            coin=coin,
            size_decimals=parameters.lot_decimals,
            min_notional_usd=to_decimal(parameters.min_order_usd),
            max_leverage=parameters.max_leverage,
        )


def to_decimal(value: float) -> Decimal:
    """Return the shortest decimal that reads back as ``value``.

    Raises
    ------
    DataError
        If ``value`` is NaN or infinite: an unknown number has no wire form.
    """
    if not math.isfinite(value):
        raise DataError(f"number {value} has no decimal form; expected a finite one")
    return Decimal(repr(float(value)))


def to_float(value: Decimal) -> float:
    """Return the float nearest to ``value``."""
    return float(value)


def price_tick(instrument: Instrument, price: Decimal) -> Decimal:
    """Return the smallest legal step around ``price``.

    Notes
    -----
    At most five significant figures and at most ``6 - size_decimals`` decimals;
    whole numbers are always legal, so the step never exceeds one.

    Raises
    ------
    DataError
        If ``price`` is not above zero.
    """
    if not price.is_finite() or price <= 0:
        raise DataError(f"price {price} of {instrument.coin}: expected above zero")
    finest = -(PRICE_DECIMALS - instrument.size_decimals)
    by_figures = price.adjusted() - (SIGNIFICANT_FIGURES - 1)
    return Decimal(1).scaleb(max(finest, min(0, by_figures)))


def round_price(instrument: Instrument, price: Decimal, side: Side) -> Decimal:
    """Round ``price`` to a legal one, down for buys and up for sells.

    A limit rounded this way never trades worse than the limit that was asked for.
    """
    tick = price_tick(instrument, price)
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    return (price / tick).to_integral_value(rounding=rounding) * tick


def round_size(instrument: Instrument, size_base: Decimal) -> Decimal:
    """Round ``size_base`` towards zero to a whole lot, keeping its sign."""
    lot = Decimal(1).scaleb(-instrument.size_decimals)
    return size_base.quantize(lot, rounding=ROUND_DOWN)


def is_legal_price(instrument: Instrument, price: Decimal) -> bool:
    """Return whether the venue would accept ``price``."""
    return (
        price.is_finite() and price > 0 and price % price_tick(instrument, price) == 0
    )


def is_legal_size(instrument: Instrument, size_base: Decimal) -> bool:
    """Return whether ``size_base`` is a whole, positive number of lots."""
    lot = Decimal(1).scaleb(-instrument.size_decimals)
    return size_base.is_finite() and size_base > 0 and size_base % lot == 0


def is_above_minimum(
    instrument: Instrument, size_base: Decimal, price: Decimal
) -> bool:
    """Return whether the order's notional at its limit reaches the venue's minimum."""
    return abs(size_base) * price >= instrument.min_notional_usd
