"""Turn the venue's JSON into typed replies; anything unexpected is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from solalpha import clock
from solalpha.errors import VenueError
from solalpha.hyperliquid.replies import (
    AggressorSide,
    AssetContext,
    Book,
    BookLevel,
    Candle,
    ExchangeStatus,
    SettledFunding,
    Trade,
)

_Row = TypeVar("_Row")
_SIDES: dict[str, AggressorSide] = {"B": "buy", "A": "sell"}
_SHOWN = 120


def parse_candles(body: Any, *, moment: datetime) -> tuple[Candle, ...]:
    """Return the closed candles; those that close after ``moment`` are dropped.

    Raises
    ------
    VenueError
        If the reply is not a list of candles.
    """
    candles = tuple(_each(body, _candle, "candleSnapshot"))
    return tuple(candle for candle in candles if candle.closed_at <= moment)


def parse_funding(body: Any) -> tuple[SettledFunding, ...]:
    """Return the settlements in the reply's order.

    Raises
    ------
    VenueError
        If the reply is not a list of settlements.
    """
    return tuple(_each(body, _settled, "fundingHistory"))


def parse_contexts(body: Any, *, moment: datetime) -> tuple[AssetContext, ...]:
    """Return every coin's context, stamped ``moment``, in the order of asset ids.

    Raises
    ------
    VenueError
        If the reply is not a pair of a universe and as many contexts.
    """
    kind = "metaAndAssetCtxs"
    if not isinstance(body, list) or len(body) != 2 or not isinstance(body[1], list):
        raise _unexpected(kind, body, "a pair of meta and contexts")
    meta = _mapping(body[0], kind)
    universe = meta.get("universe")
    if not isinstance(universe, list) or len(universe) != len(body[1]):
        raise _unexpected(kind, universe, f"{len(body[1])} coins in the universe")
    pairs = zip(universe, body[1], strict=True)
    return tuple(
        _context(_mapping(asset, kind), _mapping(context, kind), index, moment)
        for index, (asset, context) in enumerate(pairs)
    )


def parse_book(body: Any, *, coin: str) -> Book:
    """Return the order book of ``coin``.

    Raises
    ------
    VenueError
        If the coin is unknown (the reply is null) or the reply is no book.
    """
    kind = "l2Book"
    if body is None:
        raise VenueError(f"{kind}: no book of {coin!r}; expected a listed coin")
    row = _mapping(body, kind)
    levels = row.get("levels")
    if not isinstance(levels, list) or len(levels) != 2:
        raise _unexpected(kind, levels, "a pair of bids and asks")
    bids, asks = (tuple(_each(side, _level, kind)) for side in levels)
    return Book(
        coin=_text(row, "coin", kind),
        event_at=_time(row, "time", kind),
        bids=bids,
        asks=asks,
    )


def parse_trades(body: Any) -> tuple[Trade, ...]:
    """Return the trades in the reply's order.

    Raises
    ------
    VenueError
        If the reply is not a list of trades.
    """
    return tuple(_each(body, _trade, "recentTrades"))


def parse_mids(body: Any) -> dict[str, Decimal]:
    """Return coin to mid price; the last trade's where a book is empty.

    Raises
    ------
    VenueError
        If the reply is not an object of prices.
    """
    row = _mapping(body, "allMids")
    return {coin: _decimal(row, coin, "allMids") for coin in row}


def parse_status(body: Any) -> ExchangeStatus:
    """Return the venue's clock and notice.

    Raises
    ------
    VenueError
        If the reply has no time.
    """
    kind = "exchangeStatus"
    row = _mapping(body, kind)
    notice = row.get("specialStatuses")
    return ExchangeStatus(
        event_at=_time(row, "time", kind),
        notice=None if notice is None else str(notice),
    )


def _candle(row: Mapping[str, Any]) -> Candle:
    kind = "candleSnapshot"
    return Candle(
        open_at=_time(row, "t", kind),
        closed_at=clock.from_ms(_integer(row, "T", kind) + 1),
        open=_decimal(row, "o", kind),
        high=_decimal(row, "h", kind),
        low=_decimal(row, "l", kind),
        close=_decimal(row, "c", kind),
        volume=_decimal(row, "v", kind),
        trade_count=_integer(row, "n", kind),
    )


def _settled(row: Mapping[str, Any]) -> SettledFunding:
    kind = "fundingHistory"
    return SettledFunding(
        settled_at=_time(row, "time", kind),
        funding_rate=_decimal(row, "fundingRate", kind),
        premium=_optional(row, "premium", kind),
    )


def _context(
    asset: Mapping[str, Any], row: Mapping[str, Any], index: int, moment: datetime
) -> AssetContext:
    kind = "metaAndAssetCtxs"
    impacts = row.get("impactPxs")
    if impacts is not None and (not isinstance(impacts, list) or len(impacts) != 2):
        raise _unexpected(kind, impacts, "a pair of impact prices")
    bid, ask = impacts or (None, None)
    sides = {"impactPxs[0]": bid, "impactPxs[1]": ask}
    return AssetContext(
        coin=_text(asset, "name", kind),
        asset_id=index,
        received_at=moment,
        mark_price=_decimal(row, "markPx", kind),
        oracle_price=_decimal(row, "oraclePx", kind),
        mid_price=_optional(row, "midPx", kind),
        impact_bid_price=_optional(sides, "impactPxs[0]", kind),
        impact_ask_price=_optional(sides, "impactPxs[1]", kind),
        open_interest=_decimal(row, "openInterest", kind),
        day_volume_usd=_decimal(row, "dayNtlVlm", kind),
        premium=_optional(row, "premium", kind),
        funding_rate=_decimal(row, "funding", kind),
    )


def _level(row: Mapping[str, Any]) -> BookLevel:
    return BookLevel(
        price=_decimal(row, "px", "l2Book"),
        size=_decimal(row, "sz", "l2Book"),
        count=_integer(row, "n", "l2Book"),
    )


def _trade(row: Mapping[str, Any]) -> Trade:
    kind = "recentTrades"
    side = _text(row, "side", kind)
    if side not in _SIDES:
        raise _unexpected(f"{kind}.side", side, "B or A")
    return Trade(
        coin=_text(row, "coin", kind),
        event_at=_time(row, "time", kind),
        trade_id=_integer(row, "tid", kind),
        aggressor_side=_SIDES[side],
        price=_decimal(row, "px", kind),
        size=_decimal(row, "sz", kind),
    )


def _each(
    body: Any, parse: Callable[[Mapping[str, Any]], _Row], kind: str
) -> list[_Row]:
    if not isinstance(body, list):
        raise _unexpected(kind, body, "a list")
    return [parse(_mapping(row, kind)) for row in body]


def _mapping(value: Any, kind: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _unexpected(kind, value, "an object")
    return value


def _text(row: Mapping[str, Any], name: str, kind: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise _unexpected(f"{kind}.{name}", value, "a text")
    return value


def _integer(row: Mapping[str, Any], name: str, kind: str) -> int:
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _unexpected(f"{kind}.{name}", value, "an integer")
    return value


def _time(row: Mapping[str, Any], name: str, kind: str) -> datetime:
    value = _integer(row, name, kind)
    try:
        return clock.from_ms(value)
    except OverflowError as error:
        raise _unexpected(f"{kind}.{name}", value, "epoch milliseconds") from error


def _decimal(row: Mapping[str, Any], name: str, kind: str) -> Decimal:
    # Money is text on the wire; a JSON number has lost its exact digits already.
    value = row.get(name)
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise _unexpected(f"{kind}.{name}", value, "a decimal number as text")
    return number


def _optional(row: Mapping[str, Any], name: str, kind: str) -> Decimal | None:
    return None if row.get(name) is None else _decimal(row, name, kind)


def _unexpected(where: str, found: Any, expected: str) -> VenueError:
    shown = repr(found)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return VenueError(f"reply {where}: found {shown}; expected {expected}")
