"""Turn the public replies into typed ones; anything unexpected is refused."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from solalpha.hyperliquid import fields
from solalpha.hyperliquid.failures import ItemError
from solalpha.hyperliquid.fields import Page
from solalpha.hyperliquid.parsing_book import parse_book
from solalpha.hyperliquid.parsing_market import parse_contexts, parse_meta
from solalpha.hyperliquid.replies import (
    AggressorSide,
    Candle,
    ExchangeStatus,
    PredictedFunding,
    SettledFunding,
    Trade,
)

__all__ = [
    "candle_page",
    "funding_page",
    "parse_book",
    "parse_candles",
    "parse_contexts",
    "parse_funding",
    "parse_meta",
    "parse_mids",
    "parse_predicted",
    "parse_status",
    "parse_trades",
    "trade_page",
]

_Row = TypeVar("_Row")
_SIDES: dict[str, AggressorSide] = {"B": "buy", "A": "sell"}
_LARGEST_RATE = Decimal(1)


def candle_page(
    body: Any, *, moment: datetime, coin: str | None, interval: str | None
) -> Page[Candle]:
    """Return the closed candles; those that close after ``moment`` are dropped.

    Raises
    ------
    ItemError
        If the reply is not a list of candles, or one time has two of them.
    """
    parse = partial(_candle, coin=coin, interval=interval)
    page = _page(body, parse, "candleSnapshot", lambda row: row.open_at)
    closed = tuple(row for row in page.rows if row.closed_at <= moment)
    return Page(
        rows=closed,
        received=page.received,
        duplicate=page.duplicate,
        refused=page.refused,
    )


def parse_candles(body: Any, *, moment: datetime) -> tuple[Candle, ...]:
    """Return the closed candles in time order; none may be refused.

    Raises
    ------
    VenueError
        If the reply is not a list of candles.
    """
    page = candle_page(body, moment=moment, coin=None, interval=None)
    return _whole(page)


def funding_page(body: Any, *, coin: str | None) -> Page[SettledFunding]:
    """Return the settlements in time order, each once.

    Raises
    ------
    ItemError
        If the reply is not a list, or one time has two rates.
    """
    parse = partial(_settled, coin=coin)
    return _page(body, parse, "fundingHistory", lambda row: row.settled_at)


def parse_funding(body: Any) -> tuple[SettledFunding, ...]:
    """Return the settlements in time order; none may be refused.

    Raises
    ------
    VenueError
        If the reply is not a list of settlements.
    """
    return _whole(funding_page(body, coin=None))


def trade_page(body: Any, *, coin: str | None) -> Page[Trade]:
    """Return the trades in time order, each once.

    Raises
    ------
    ItemError
        If the reply is not a list, or one trade has two versions.
    """
    parse = partial(_trade, coin=coin)
    return _page(
        body, parse, "recentTrades", lambda row: (row.event_at, row.trade_id, row.coin)
    )


def parse_trades(body: Any) -> tuple[Trade, ...]:
    """Return the trades in time order; none may be refused.

    Raises
    ------
    VenueError
        If the reply is not a list of trades.
    """
    return _whole(trade_page(body, coin=None))


def parse_mids(body: Any) -> dict[str, Decimal]:
    """Return coin to mid price; the last trade's where a book is empty.

    Raises
    ------
    VenueError
        If the reply is not an object of prices.
    """
    row = fields.mapping(body, "allMids")
    return {coin: fields.number(row, coin, "allMids") for coin in row}


def parse_predicted(body: Any) -> tuple[PredictedFunding, ...]:
    """Return the funding that each venue is predicted to settle next.

    Raises
    ------
    VenueError
        If the reply is not a list of coins and their venues.
    """
    kind = "predictedFundings"
    found: list[PredictedFunding] = []
    for pair in fields.listed(body, kind):
        coin, venues = fields.listed(pair, kind, count=2)
        for entry in fields.listed(venues, kind):
            venue, row = fields.listed(entry, kind, count=2)
            if row is None:
                continue
            names = {"coin": coin, "venue": venue}
            found.append(_predicted(names, fields.mapping(row, kind)))
    return tuple(found)


def parse_status(body: Any) -> ExchangeStatus:
    """Return the venue's clock and notice.

    Raises
    ------
    VenueError
        If the reply has no time.
    """
    kind = "exchangeStatus"
    row = fields.mapping(body, kind)
    notice = row.get("specialStatuses")
    return ExchangeStatus(
        event_at=fields.moment(row, "time", kind),
        notice=None if notice is None else str(notice)[:500],
    )


def _page(
    body: Any,
    parse: Callable[[Mapping[str, Any]], _Row],
    kind: str,
    key: Callable[[_Row], Any],
) -> Page[_Row]:
    rows, refused = fields.each(body, parse, kind)
    known: dict[Hashable, _Row] = {}
    for row in rows:
        if known.setdefault(key(row), row) != row:
            raise ItemError(
                f"reply {kind}: two different rows of {key(row)}; expected one"
            )
    return Page(
        rows=tuple(known[name] for name in sorted(known)),  # type: ignore[type-var]
        received=len(body),
        duplicate=len(rows) - len(known),
        refused=tuple(refused),
    )


def _whole(page: Page[_Row]) -> tuple[_Row, ...]:
    if page.refused:
        raise ItemError(page.refused[0])
    return page.rows


def _candle(
    row: Mapping[str, Any], *, coin: str | None, interval: str | None
) -> Candle:
    kind = "candleSnapshot"
    fields.same(row, "s", coin, kind)
    fields.same(row, "i", interval, kind)
    low, high = fields.positive(row, "l", kind), fields.positive(row, "h", kind)
    edges = (fields.number(row, "o", kind), fields.number(row, "c", kind))
    if low > min(edges) or high < max(edges):
        raise fields.unexpected(kind, row, "low <= open and close <= high")
    volume = fields.number(row, "v", kind)
    if volume < 0:
        raise fields.unexpected(f"{kind}.v", row.get("v"), "a volume of 0 or more")
    last_ms = fields.integer(row, "T", kind)
    if last_ms < fields.integer(row, "t", kind):
        raise fields.unexpected(f"{kind}.T", last_ms, "a close after the open")
    return Candle(
        open_at=fields.moment(row, "t", kind),
        closed_at=fields.moment({"T": last_ms + 1}, "T", kind),
        open=edges[0],
        high=high,
        low=low,
        close=edges[1],
        volume=volume,
        trade_count=fields.integer(row, "n", kind),
    )


def _settled(row: Mapping[str, Any], *, coin: str | None) -> SettledFunding:
    kind = "fundingHistory"
    fields.same(row, "coin", coin, kind)
    rate = fields.number(row, "fundingRate", kind)
    if abs(rate) >= _LARGEST_RATE:
        raise fields.unexpected(f"{kind}.fundingRate", str(rate), "a fraction below 1")
    return SettledFunding(
        settled_at=fields.moment(row, "time", kind),
        funding_rate=rate,
        premium=fields.optional_number(row, "premium", kind),
    )


def _predicted(names: Mapping[str, Any], row: Mapping[str, Any]) -> PredictedFunding:
    kind = "predictedFundings"
    hours = row.get("fundingIntervalHours")
    return PredictedFunding(
        coin=fields.text(names, "coin", kind),
        venue=fields.text(names, "venue", kind),
        funding_rate=fields.number(row, "fundingRate", kind),
        next_funding_at=fields.moment(row, "nextFundingTime", kind),
        interval_hours=None
        if hours is None
        else fields.integer(row, "fundingIntervalHours", kind),
    )


def _trade(row: Mapping[str, Any], *, coin: str | None) -> Trade:
    kind = "recentTrades"
    fields.same(row, "coin", coin, kind)
    side = fields.text(row, "side", kind)
    if side not in _SIDES:
        raise fields.unexpected(f"{kind}.side", side, "B or A")
    return Trade(
        coin=fields.text(row, "coin", kind),
        event_at=fields.moment(row, "time", kind),
        trade_id=fields.integer(row, "tid", kind),
        aggressor_side=_SIDES[side],
        price=fields.positive(row, "px", kind),
        size=fields.positive(row, "sz", kind),
    )
