"""Defects of trades, order books and asset contexts."""

from __future__ import annotations

from functools import partial

import polars as pl

from solalpha.raw.sample.defects_edits import (
    freeze,
    moved,
    put,
    remove,
    repeat,
    times,
    turn_round,
    unknown,
)
from solalpha.raw.sample.defects_site import (
    FAIL,
    WARN,
    Defect,
    Edit,
    partitions,
    stretch,
)
from solalpha.raw.schemas import BOOK_LEVELS

_SIDES = ("bid", "ask")
_QUOTES = tuple(
    f"{side}_{kind}_{level}"
    for side in _SIDES
    for kind in ("price", "size")
    for level in range(1, BOOK_LEVELS + 1)
)
_SIZES = tuple(name for name in _QUOTES if "_size_" in name)
_BOOK_PRICES = tuple(name for name in _QUOTES if "_price_" in name)
_ASK = tuple(name for name in _QUOTES if name.startswith("ask"))
_MANY_SHARE = 0.05
_PREFIXES = {"trades": "trade", "book_snapshots": "book", "asset_contexts": "context"}
_IN_1970 = pl.lit(1_750_000_000).cast(pl.Datetime("us", "UTC"))


def _defect(
    name: str,
    check: str,
    severity: str,
    told: str,
    edit: Edit,
    *,
    hours: float | None,
    count: int | None = None,
    table: str,
) -> Defect:
    # Without hours whole days are touched, as many as a share of the table.
    plant = (
        partitions(table, edit, share=_MANY_SHARE)
        if hours is None
        else stretch(table, edit, hours=hours, count=count)
    )
    return Defect(
        name=f"{_PREFIXES[table]}_{name}",
        table=table,
        check=f"{table}.{check}",
        severity=severity,
        told=told,
        plant=plant,
    )


_trade = partial(_defect, table="trades")
_book = partial(_defect, table="book_snapshots")
_context = partial(_defect, table="asset_contexts")
_CROSSED = {"bid_price_1": pl.col("ask_price_1"), "ask_price_1": pl.col("bid_price_1")}
_UNSORTED = {
    "bid_price_3": pl.col("bid_price_5"),
    "bid_price_5": pl.col("bid_price_3"),
}

TRADES: tuple[Defect, ...] = (
    _trade(
        "duplicate",
        "duplicates",
        FAIL,
        "three trades stand twice",
        repeat(),
        hours=4,
        count=3,
    ),
    _trade(
        "unordered", "order", WARN, "an hour stands last to first", turn_round, hours=2
    ),
    _trade(
        "negative_size",
        "positive",
        FAIL,
        "three sizes are below zero",
        put(size=-pl.col("size")),
        hours=4,
        count=3,
    ),
    _trade(
        "bad_side",
        "aggressor",
        FAIL,
        "three aggressors are called B",
        put(aggressor_side=pl.lit("B")),
        hours=4,
        count=3,
    ),
    _trade(
        "null",
        "missing_values",
        FAIL,
        "prices are null",
        put(**unknown("price")),
        hours=2,
    ),
    _trade("gap", "gaps", WARN, "ten hours are missing", remove, hours=10),
    _trade(
        "outlier",
        "outliers",
        WARN,
        "one trade stands 40 % too high",
        put(**times(1.4, "price")),
        hours=4,
        count=1,
    ),
    _trade(
        "price_scale",
        "unit",
        FAIL,
        "days have prices 1,000 times too high",
        put(**times(1e3, "price")),
        hours=None,
    ),
    _trade(
        "off_book",
        "book",
        WARN,
        "six hours of trades lie 3 % above the book",
        put(**times(1.03, "price")),
        hours=6,
    ),
    _trade(
        "time_in_s",
        "time_unit",
        FAIL,
        "an hour lies in 1970: seconds read as microseconds",
        put(event_at=_IN_1970),
        hours=2,
    ),
)

BOOKS: tuple[Defect, ...] = (
    _book(
        "crossed",
        "crossed",
        FAIL,
        "bid and ask are swapped",
        put(**_CROSSED),
        hours=None,
    ),
    _book(
        "locked",
        "locked",
        WARN,
        "two hours have the bid at the ask",
        put(ask_price_1=pl.col("bid_price_1")),
        hours=2,
    ),
    _book(
        "stale", "stale", WARN, "ten hours repeat one book", freeze(*_QUOTES), hours=10
    ),
    _book("gap", "gaps", WARN, "ten hours are missing", remove, hours=10),
    _book(
        "unsorted_levels",
        "levels",
        FAIL,
        "third and fifth level are swapped",
        put(**_UNSORTED),
        hours=4,
    ),
    _book(
        "missing_side",
        "missing_values",
        FAIL,
        "four hours have no asks",
        put(**unknown(*_ASK)),
        hours=4,
    ),
    _book(
        "negative_size",
        "positive",
        FAIL,
        "three sizes of the first level are below zero",
        put(bid_size_1=-pl.col("bid_size_1")),
        hours=4,
        count=3,
    ),
    _book(
        "size_scale",
        "size_unit",
        WARN,
        "days have sizes 1,000 times too large",
        put(**times(1e3, *_SIZES)),
        hours=None,
    ),
    _book(
        "price_scale",
        "unit",
        FAIL,
        "days have prices 100 times too high",
        put(**times(1e2, *_BOOK_PRICES)),
        hours=None,
    ),
    _book(
        "clock_jump",
        "jump",
        FAIL,
        "four hours are stamped six hours early",
        put(**moved(pl.duration(hours=-6))),
        hours=4,
    ),
    _book(
        "duplicate",
        "duplicates",
        FAIL,
        "three books stand twice",
        repeat(),
        hours=4,
        count=3,
    ),
)

CONTEXTS: tuple[Defect, ...] = (
    _context(
        "null_mark",
        "missing_values",
        FAIL,
        "marks of four hours are null",
        put(**unknown("mark_price")),
        hours=4,
    ),
    _context("gap", "gaps", WARN, "ten hours are missing", remove, hours=10),
    _context(
        "basis_jump",
        "basis",
        WARN,
        "the oracle stands 10 % over the mark for three hours",
        put(**times(1.1, "oracle_price")),
        hours=3,
    ),
    _context(
        "oi_scale",
        "open_interest_unit",
        WARN,
        "days have an open interest 1,000 times too large",
        put(**times(1e3, "open_interest")),
        hours=None,
    ),
    _context(
        "stale",
        "stale",
        WARN,
        "ten hours repeat one reading",
        freeze("mark_price", "oracle_price", "mid_price"),
        hours=10,
    ),
    _context(
        "negative",
        "positive",
        FAIL,
        "four hours have marks below zero",
        put(mark_price=-pl.col("mark_price")),
        hours=4,
    ),
    _context(
        "duplicate",
        "duplicates",
        FAIL,
        "three readings stand twice",
        repeat(),
        hours=4,
        count=3,
    ),
)
