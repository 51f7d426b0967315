"""Position accounting: average entry, realised profit, flips.

One arithmetic for both worlds: the paper exchange passes ``Decimal``, research
passes ``float``, and the same lines compute both.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

Number = TypeVar("Number", float, Decimal)


def filled(
    position_base: Number, entry_price: Number, fill_base: Number, fill_price: Number
) -> tuple[Number, Number, Number]:
    """Apply one fill to a position.

    Parameters
    ----------
    position_base, entry_price
        Signed size in base units and its average entry price; a flat position's
        entry price is ignored.
    fill_base, fill_price
        Signed size that was traded (positive bought) and its price.

    Returns
    -------
    tuple
        Signed size after the fill, its average entry price (zero when flat) and
        the profit realised by the closed part in USD, before fees.
    """
    zero = fill_base - fill_base
    after = position_base + fill_base
    if fill_base == zero:
        return position_base, entry_price, zero
    if position_base == zero:
        return after, fill_price, zero
    if position_base * fill_base > zero:
        cost = position_base * entry_price + fill_base * fill_price
        return after, cost / after, zero
    closed = fill_base if abs(fill_base) < abs(position_base) else -position_base
    realised = closed * (entry_price - fill_price)
    if after == zero:
        return after, zero, realised
    entry_after = fill_price if after * position_base < zero else entry_price
    return after, entry_after, realised


def unrealised(
    position_base: Number, entry_price: Number, mark_price: Number
) -> Number:
    """Return the profit of an open position at ``mark_price``, in USD."""
    return position_base * (mark_price - entry_price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Hold one coin's position in exact decimals."""

    coin: str
    size_base: Decimal
    entry_price: Decimal
    realised_usd: Decimal

    @classmethod
    def flat(cls, coin: str) -> Position:
        """Return the position of an account that never traded ``coin``."""
        zero = Decimal(0)
        return cls(coin=coin, size_base=zero, entry_price=zero, realised_usd=zero)

    def after(self, fill_base: Decimal, fill_price: Decimal) -> Position:
        """Return the position after a signed fill."""
        size, entry, realised = filled(
            self.size_base, self.entry_price, fill_base, fill_price
        )
        return Position(
            coin=self.coin,
            size_base=size,
            entry_price=entry,
            realised_usd=self.realised_usd + realised,
        )
