"""Defects of order books."""

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
    unknown,
)
from solalpha.raw.sample.defects_site import FAIL, WARN, Defect, table_defect
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
_CROSSED = {"bid_price_1": pl.col("ask_price_1"), "ask_price_1": pl.col("bid_price_1")}
_UNSORTED = {
    "bid_price_3": pl.col("bid_price_5"),
    "bid_price_5": pl.col("bid_price_3"),
}

_book = partial(table_defect, table="book_snapshots")

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
