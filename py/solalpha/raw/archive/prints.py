"""Parse lines of trades and fills into prints, one row per match.

A fill file holds each match twice, once for either account. The side that crossed
the spread is the print and its side the aggressor's; the other is left out. What
never met the book is refused: settlements, conversions, deleveraging, backstops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson
import polars as pl

from solalpha.raw import numbers
from solalpha.raw.archive.kinds import Kind
from solalpha.raw.numbers import NUMBER_PATTERN
from solalpha.raw.parsed import (
    Parsed,
    available,
    is_time_ms,
    keep,
    moment_of_ms,
    moments_of,
    no_coin,
    wanted_only,
)
from solalpha.raw.schemas import MONEY

Record = dict[str, Any]
_SCHEMA: dict[str, Any] = {
    "coin": pl.String,
    "side": pl.String,
    "price": pl.String,
    "size": pl.String,
    "time": pl.Int64,
    "time_text": pl.String,
    "trade_id": pl.Int64,
    "buyer_order": pl.Int64,
    "seller_order": pl.Int64,
    "is_crossing": pl.Boolean,
    "direction": pl.String,
    "liquidation": pl.String,
    "received": pl.String,
}
_SIDES = {"B": "buy", "A": "sell"}
_OFF_BOOK = ("Auto-Deleveraging", "Settlement", "Spot Dust Conversion")
_LARGEST = 2**63 - 1
_MIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def parse(
    block: bytes, kind: Kind, *, coins: frozenset[str] | None, delay_s: int
) -> Parsed:
    """Return the prints of a block of whole lines of one kind.

    Parameters
    ----------
    coins
        The wanted ones; None takes all.
    delay_s
        Seconds from a print to its first possible read where no receipt is told.
    """
    refused: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    rows = list(_rows(block, kind, refused))
    height = len(rows) + refused.total()
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    frame = keep(frame, [no_coin("coin")], refused)
    frame = wanted_only(frame, coins, left_out)
    frame = keep(frame, _off_book(), refused)
    if kind is not Kind.NODE_TRADES:
        sides = [("the other side of a print", ~pl.col("is_crossing"))]
        frame = keep(frame, sides, left_out)
    frame = keep(_timed(frame), _unsound(), refused)
    liquidated = frame.filter(pl.col("liquidation").is_not_null()).height
    exact = numbers.exact(frame, {"price": MONEY, "size": MONEY})
    return Parsed(
        frame=exact.with_columns(available(delay_s)).select(
            *("coin", "trade_id", "aggressor_side", "price", "size"),
            *("unfit_values", "event_at", "available_at"),
        ),
        rows_read=height,
        refused=refused,
        left_out=left_out,
        kept=+Counter({"liquidations by market order": liquidated}),
    )


def _rows(block: bytes, kind: Kind, refused: Counter[str]) -> Iterable[tuple[Any, ...]]:
    for line in block.split(b"\n"):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            refused["not JSON"] += 1
            continue
        if kind is Kind.NODE_TRADES:
            found, received = [record], None
        elif kind is Kind.NODE_FILLS:
            found, received = [_fill(record)], None
        else:
            events = record.get("events") if isinstance(record, dict) else None
            if not isinstance(events, list):
                refused["no list of events"] += 1
                continue
            found, received = (
                [_fill(event) for event in events],
                _text(record.get("local_time")),
            )
        for fill in found:
            if isinstance(fill, dict):
                yield _row(fill, received)
            else:
                refused["not a fill"] += 1


def _fill(event: object) -> object:
    is_pair = isinstance(event, list) and len(event) == len(("address", "fill"))
    return event[1] if is_pair and isinstance(event, list) else None


def _row(fill: Record, received: str | None) -> tuple[Any, ...]:
    buyer, seller = _orders(fill.get("side_info"))
    liquidation = fill.get("liquidation")
    method = liquidation.get("method") if isinstance(liquidation, dict) else None
    return (
        _text(fill.get("coin")),
        _text(fill.get("side")),
        _text(fill.get("px")),
        _text(fill.get("sz")),
        _whole(fill.get("time")),
        _text(fill.get("time")),
        _whole(fill.get("tid")),
        buyer,
        seller,
        fill.get("crossed") is True,
        _text(fill.get("dir")),
        _text(method) or ("unknown" if liquidation else None),
        received,
    )


def _orders(sides: object) -> tuple[int | None, int | None]:
    if not isinstance(sides, list) or len(sides) != len(("buyer", "seller")):
        return None, None
    orders = [_whole(s.get("oid")) if isinstance(s, dict) else None for s in sides]
    return orders[0], orders[1]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _LARGEST else None


def _off_book() -> list[tuple[str, pl.Expr]]:
    direction = pl.col("direction").fill_null("")
    method = pl.col("liquidation").fill_null("")
    return [
        ("settlement, conversion or deleveraging", direction.is_in(_OFF_BOOK)),
        ("backstop liquidation", method == "backstop"),
        ("system row without trade id", (pl.col("trade_id") == 0).fill_null(False)),
    ]


def _timed(frame: pl.DataFrame) -> pl.DataFrame:
    # A node's own trades have text times and no trade id; the venue's clock is in ms.
    from_text = moments_of(frame["time_text"]).dt.epoch("ms")
    ids = _pair_ids(frame["buyer_order"], frame["seller_order"])
    return frame.with_columns(
        pl.coalesce("time", from_text).alias("time"),
        pl.coalesce("trade_id", ids).alias("trade_id"),
        moments_of(frame["received"]).alias("received_at"),
    ).with_columns(
        pl.when(is_time_ms(pl.col("time")))
        .then(moment_of_ms("time"))
        .alias("event_at"),
        pl.col("side")
        .replace_strict(_SIDES, default=None, return_dtype=pl.String)
        .alias("aggressor_side"),
    )


def _pair_ids(buyers: pl.Series, sellers: pl.Series) -> pl.Series:
    # Stable, negative (the venue's own ids are positive), from the two order ids.
    mixed = np.zeros(len(buyers), dtype=np.uint64)
    for orders in (buyers, sellers):
        mixed = mixed * np.uint64(_MIX[0]) ^ orders.fill_null(0).to_numpy().astype(
            np.uint64
        )
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_MIX[1])
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_MIX[2])
        mixed ^= mixed >> np.uint64(31)
    ids = pl.Series("pair", -(mixed >> np.uint64(2)).astype(np.int64) - 1)
    return ids.set(buyers.is_null() | sellers.is_null(), None)


def _unsound() -> list[tuple[str, pl.Expr]]:
    price, size = (
        pl.when(pl.col(name).str.contains(NUMBER_PATTERN)).then(
            pl.col(name).cast(pl.Float64, strict=False)
        )
        for name in ("price", "size")
    )
    return [
        ("time out of range", pl.col("event_at").is_null()),
        ("side is neither A nor B", pl.col("aggressor_side").is_null()),
        ("a price or size is no number in text", price.is_null() | size.is_null()),
        ("a price or size is not above zero", (price <= 0) | (size <= 0)),
        ("no trade id and no order ids", pl.col("trade_id").is_null()),
    ]
