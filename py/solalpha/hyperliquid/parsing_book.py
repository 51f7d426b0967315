"""Turn an order book's reply into a typed one; a book out of order is refused."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from solalpha.hyperliquid import fields
from solalpha.hyperliquid.failures import ItemError
from solalpha.hyperliquid.replies import Book, BookLevel


def parse_book(body: Any, *, coin: str) -> Book:
    """Return the order book of ``coin``, best level first.

    Raises
    ------
    VenueError
        If the coin is unknown (the reply is null), the reply is no book or another
        coin's, its levels are out of order, or it is crossed.
    """
    kind = "l2Book"
    if body is None:
        raise ItemError(f"{kind}: no book of {coin!r}; expected a listed coin")
    row = fields.mapping(body, kind)
    fields.same(row, "coin", coin, kind)
    levels = fields.listed(row.get("levels"), kind, count=2)
    bids, asks = (fields.strict(side, _level, kind) for side in levels)
    _check_levels(bids, asks)
    return Book(
        coin=fields.text(row, "coin", kind),
        event_at=fields.moment(row, "time", kind),
        bids=bids,
        asks=asks,
    )


def _level(row: Mapping[str, Any]) -> BookLevel:
    return BookLevel(
        price=fields.positive(row, "px", "l2Book"),
        size=fields.positive(row, "sz", "l2Book"),
        count=fields.count(row, "n", "l2Book"),
    )


def _check_levels(bids: tuple[BookLevel, ...], asks: tuple[BookLevel, ...]) -> None:
    falling, rising = [-level.price for level in bids], [level.price for level in asks]
    for prices in (falling, rising):
        if any(a >= b for a, b in pairwise(prices)):
            raise fields.unexpected("l2Book.levels", prices, "the best level first")
    if bids and asks and bids[0].price >= asks[0].price:
        crossed = [str(bids[0].price), str(asks[0].price)]
        raise fields.unexpected("l2Book.levels", crossed, "best bid below best ask")
