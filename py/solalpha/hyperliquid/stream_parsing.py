"""Read one websocket frame: what it is, whose it is, and its rows as text.

Whatever arrives, reading it raises nothing: a frame or row that is not what the
venue documents is refused with one of a fixed set of reasons, so that refusals can
be counted and the recording goes on. Numbers stay text, to be kept exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from solalpha.hyperliquid.stream_fields import (
    NOT_AN_OBJECT,
    NOT_JSON,
    WRONG_SHAPE,
    WRONG_SIDE,
    Refused,
    coin_of,
    count_of,
    number_of,
    object_of,
    optional_of,
    positive_of,
    time_of,
    whole_of,
)

Kind = Literal["data", "acknowledged", "pong", "error", "other", "refused"]
Table = Literal["trades", "book_snapshots", "asset_contexts"]
Row = Mapping[str, str | int | None]

TRADES = "trades"
QUOTES = "bbo"
BOOK = "l2Book"
FAST_BOOK = "l2Book_fast"
CONTEXT = "activeAssetCtx"
CHANNELS = (TRADES, QUOTES, BOOK, FAST_BOOK, CONTEXT)

_LEVELS = 20
_FAST_LEVELS = 5
_SIDES = {"B": "buy", "A": "sell"}
# Block time in ms and place within the message, in one rising number.
_PLACES = 10_000
_TEXT_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Say what a frame is.

    Attributes
    ----------
    channel
        One of ``CHANNELS`` for data and acknowledgements, else empty.
    table, rows
        Raw table the rows belong to; None for what is kept as a frame only (best
        quotes, and the five-level books, which would leave deep columns null).
        ``event_ms`` is the venue's block time, absent where it sends none.
    refused
        Reasons, one per refused row, or one for the whole frame.
    venue_ms
        Newest block time in the frame, ms; None where it carries none.
    text
        The venue's words of an error, shortened.
    """

    kind: Kind
    channel: str = ""
    coin: str | None = None
    table: Table | None = None
    rows: tuple[Row, ...] = ()
    refused: tuple[str, ...] = ()
    venue_ms: int | None = None
    text: str = ""


def read_frame(data: bytes) -> Message:
    """Return what the bytes of one frame say."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return Message(kind="refused", refused=(NOT_JSON,))
    return read_message(body)


def read_message(body: Any) -> Message:
    """Return what the JSON of one frame says."""
    if not isinstance(body, dict) or not isinstance(body.get("channel"), str):
        return Message(kind="refused", refused=(NOT_AN_OBJECT,))
    channel, content = body["channel"], body.get("data")
    if channel == "pong":
        return Message(kind="pong")
    if channel == "error":
        return Message(kind="error", text=str(content)[:_TEXT_SHOWN])
    reader = _READERS.get(channel)
    if reader is None:
        return Message(kind="other")
    try:
        return reader(content)
    except Refused as refusal:
        return Message(
            kind="refused",
            channel=channel if channel in CHANNELS else "",
            refused=(str(refusal),),
        )


def subscription_of(channel: str, coin: str) -> dict[str, Any]:
    """Return the venue's subscription object of a channel of ours."""
    if channel == FAST_BOOK:
        return {"type": BOOK, "coin": coin, "fast": True}
    return {"type": channel, "coin": coin}


def _acknowledged(content: Any) -> Message:
    wished = object_of(object_of(content).get("subscription"))
    channel = wished.get("type")
    if channel == BOOK and wished.get("fast"):
        channel = FAST_BOOK
    if channel not in CHANNELS:
        return Message(kind="other")
    return Message(kind="acknowledged", channel=channel, coin=coin_of(wished))


def _trades(content: Any) -> Message:
    if not isinstance(content, list):
        raise Refused(WRONG_SHAPE)
    rows: list[Row] = []
    refused: list[str] = []
    places: dict[int, int] = {}
    for item in content:
        try:
            row = _trade(object_of(item), places)
        except Refused as refusal:
            refused.append(str(refusal))
        else:
            rows.append(row)
    coins = {str(row["coin"]) for row in rows}
    return Message(
        kind="data" if rows or not refused else "refused",
        channel=TRADES,
        coin=coins.pop() if len(coins) == 1 else None,
        table="trades",
        rows=tuple(rows),
        refused=tuple(refused),
        venue_ms=max((int(row["event_ms"] or 0) for row in rows), default=None),
    )


def _trade(item: Mapping[str, Any], places: dict[int, int]) -> Row:
    side, at_ms = item.get("side"), time_of(item)
    if not isinstance(side, str) or side not in _SIDES:
        raise Refused(WRONG_SIDE)
    row: Row = {
        "coin": coin_of(item),
        "event_ms": at_ms,
        "trade_id": whole_of(item, "tid"),
        "aggressor_side": _SIDES[side],
        "price": positive_of(item, "px"),
        "size": positive_of(item, "sz"),
        "sequence": at_ms * _PLACES + min(places.get(at_ms, 0), _PLACES - 1),
    }
    places[at_ms] = places.get(at_ms, 0) + 1
    return row


def _book(content: Any) -> Message:
    book = object_of(content)
    levels = book.get("levels")
    if not isinstance(levels, list) or len(levels) != 2:
        raise Refused(WRONG_SHAPE)
    if not all(isinstance(side, list) for side in levels):
        raise Refused(WRONG_SHAPE)
    coin, at_ms = coin_of(book), time_of(book)
    row: dict[str, str | int | None] = {
        "coin": coin,
        "event_ms": at_ms,
        "sequence": at_ms,
    }
    for name, side in zip(("bid", "ask"), levels, strict=True):
        for place, level in enumerate(side[:_LEVELS], start=1):
            item = object_of(level)
            row[f"{name}_price_{place}"] = positive_of(item, "px")
            row[f"{name}_size_{place}"] = positive_of(item, "sz")
            row[f"{name}_count_{place}"] = count_of(item)
    # A fast book says so; one that does not is known by its few levels.
    is_fast = bool(book.get("fast", max(map(len, levels)) <= _FAST_LEVELS))
    return Message(
        kind="data",
        channel=FAST_BOOK if is_fast else BOOK,
        coin=coin,
        table=None if is_fast else "book_snapshots",
        rows=() if is_fast else (row,),
        venue_ms=at_ms,
    )


def _quotes(content: Any) -> Message:
    item = object_of(content)
    pair = item.get("bbo")
    if not isinstance(pair, list) or len(pair) != 2:
        raise Refused(WRONG_SHAPE)
    for level in pair:
        if level is not None:
            positive_of(object_of(level), "px")
    return Message(
        kind="data", channel=QUOTES, coin=coin_of(item), venue_ms=time_of(item)
    )


def _context(content: Any) -> Message:
    item = object_of(content)
    values, coin = object_of(item.get("ctx")), coin_of(item)
    impacts = values.get("impactPxs")
    if impacts is None:
        impacts = (None, None)
    elif not isinstance(impacts, list) or len(impacts) != 2:
        raise Refused(WRONG_SHAPE)
    sides = {"bid": impacts[0], "ask": impacts[1]}
    row: Row = {
        "coin": coin,
        "mark_price": positive_of(values, "markPx"),
        "oracle_price": positive_of(values, "oraclePx"),
        "mid_price": optional_of(values, "midPx"),
        "impact_bid_price": optional_of(sides, "bid"),
        "impact_ask_price": optional_of(sides, "ask"),
        "open_interest": number_of(values, "openInterest"),
        "day_volume_usd": optional_of(values, "dayNtlVlm"),
        "premium": optional_of(values, "premium"),
        "funding_rate": number_of(values, "funding"),
    }
    return Message(
        kind="data", channel=CONTEXT, coin=coin, table="asset_contexts", rows=(row,)
    )


_READERS: dict[str, Callable[[Any], Message]] = {
    "subscriptionResponse": _acknowledged,
    TRADES: _trades,
    BOOK: _book,
    QUOTES: _quotes,
    CONTEXT: _context,
}
