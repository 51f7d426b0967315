"""Defects of trades and asset contexts, and of prices altogether."""

from __future__ import annotations

from functools import partial

import polars as pl

from solalpha.raw.sample.defects_edits import (
    freeze,
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
    Planted,
    Site,
    edit_hours,
    table_defect,
)

_IN_1970 = pl.lit(1_750_000_000).cast(pl.Datetime("us", "UTC"))


_trade = partial(table_defect, table="trades")
_context = partial(table_defect, table="asset_contexts")


def _silence(at: Site) -> Planted:
    found = [
        edit_hours(at, table, remove, hours=10, count=None, is_recent=True)
        for table in ("candles", "trades", "book_snapshots")
    ]
    return Planted(
        rows=sum(one.rows for one in found),
        first_at=min(one.first_at for one in found if one.first_at is not None),
        last_at=max(one.last_at for one in found if one.last_at is not None),
    )


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

SILENCE = Defect(
    name="silence_recent",
    table="candles",
    check="lake.prices",
    severity=FAIL,
    told="the last day lacks ten hours of candles, trades and books",
    plant=_silence,
)
