"""Order numbers of rows, the same however a recording is cut into files."""

from __future__ import annotations

import polars as pl

# More prints than one millisecond of any coin holds.
_PRINTS_PER_MS = 10_000


def trade_sequence() -> pl.Expr:
    """Return ``sequence`` of trades: event time in ms, then place within it.

    Rows stand in their order of arrival; ``event_at`` need not be sorted.
    """
    stamp = pl.col("event_at").dt.epoch("ms")
    place = pl.int_range(pl.len(), dtype=pl.Int64).over("event_at")
    return (stamp * _PRINTS_PER_MS + place).alias("sequence")


def book_sequence() -> pl.Expr:
    """Return ``sequence`` of books: the venue's block time in ms, one book a block."""
    return pl.col("event_at").dt.epoch("ms").alias("sequence")
