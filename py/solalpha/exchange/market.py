"""What the paper exchange knows of the market: plain data, handed in by others.

A view is one moment: the book, the mark, oracle and mid price of each coin, and
the funding rates settled up to it. Time moves only when a later view is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from solalpha.errors import DataError
from solalpha.market.instruments import Instrument, round_price, round_size
from solalpha.market.orders import Side

BOOK_LEVELS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLevel:
    """State one price level: USD per base unit, base units, number of orders."""

    price: Decimal
    size: Decimal
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinMarket:
    """State one coin's market at a view: books best first, prices in USD.

    ``low_price`` and ``high_price`` bound what traded since the view before and
    are None where that is unknown; ``funding_rate`` is the running hourly
    estimate, never what is charged.
    """

    instrument: Instrument
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    mark_price: Decimal
    oracle_price: Decimal | None
    mid_price: Decimal | None
    low_price: Decimal | None
    high_price: Decimal | None
    funding_rate: Decimal | None

    def __post_init__(self) -> None:
        coin = self.instrument.coin
        if not self.mark_price.is_finite() or self.mark_price <= 0:
            raise DataError(f"{coin}: mark price {self.mark_price}; expected above 0")
        for name, side, sign in (("bids", self.bids, -1), ("asks", self.asks, 1)):
            prices = [sign * level.price for level in side]
            if prices != sorted(prices) or len(side) > BOOK_LEVELS:
                raise DataError(
                    f"{coin}: {name} are not {BOOK_LEVELS} best-first levels"
                )
            if any(level.price <= 0 or level.size <= 0 for level in side):
                raise DataError(f"{coin}: {name} hold a price or size not above 0")

    def side(self, *, is_buy: bool) -> tuple[BookLevel, ...]:
        """Return the levels that a taker on this side meets, best first."""
        return self.asks if is_buy else self.bids

    def without(self, *, is_buy: bool, taken: Decimal) -> CoinMarket:
        """Return this market after a taker took ``taken`` base units from its book."""
        left = []
        for level in self.side(is_buy=is_buy):
            rest = max(level.size - taken, Decimal(0))
            taken = max(taken - level.size, Decimal(0))
            if rest > 0:
                left.append(replace(level, size=rest))
        if is_buy:
            return replace(self, asks=tuple(left))
        return replace(self, bids=tuple(left))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """State one hour's settled funding: rate and oracle price, None when unknown."""

    coin: str
    hour_at: datetime
    rate: Decimal | None
    oracle_price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketView:
    """State the whole market at one moment; the order of coins is the asset index."""

    at: datetime
    coins: tuple[CoinMarket, ...]
    settlements: tuple[Settlement, ...]

    def by_coin(self) -> Mapping[str, CoinMarket]:
        """Return coin to its market."""
        return {market.instrument.coin: market for market in self.coins}


def walk(
    levels: tuple[BookLevel, ...],
    *,
    is_buy: bool,
    size: Decimal,
    limit_price: Decimal,
) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return the (price, size) pairs that a taker of ``size`` gets, best first.

    It stops at ``limit_price`` and at the last visible level, so the sizes may
    sum to less than ``size``.
    """
    taken = []
    for level in levels:
        is_beyond = level.price > limit_price if is_buy else level.price < limit_price
        if is_beyond or size <= 0:
            break
        part = min(level.size, size)
        taken.append((level.price, part))
        size -= part
    return tuple(taken)


def synthesised_book(
    instrument: Instrument,
    mid_price: Decimal,
    *,
    spread_bps: Decimal,
    depth_usd: Decimal,
) -> tuple[tuple[BookLevel, ...], tuple[BookLevel, ...]]:
    """Return bids and asks around ``mid_price`` for a market without a recorded book.

    Parameters
    ----------
    instrument : Instrument
        Decides the legal prices and sizes.
    mid_price : Decimal
        Centre of the book, USD.
    spread_bps : Decimal
        Best ask less best bid, basis points of the mid; levels lie half of it apart.
    depth_usd : Decimal
        Notional per side, spread evenly over 20 levels.
    """
    half = mid_price * spread_bps / 20_000
    size = round_size(instrument, depth_usd / BOOK_LEVELS / mid_price)
    sides = []
    for side in (Side.BUY, Side.SELL):
        sizes: dict[Decimal, Decimal] = {}
        for number in range(1, BOOK_LEVELS + 1):
            away = mid_price - side.sign * half * number
            price = round_price(instrument, away, side)
            sizes[price] = sizes.get(price, Decimal(0)) + size
        sides.append(
            tuple(
                BookLevel(price=price, size=total, count=1)
                for price, total in sizes.items()
                if total > 0 and price > 0
            )
        )
    return sides[0], sides[1]
