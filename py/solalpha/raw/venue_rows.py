"""The venue's records as rows of the raw tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from solalpha import clock
from solalpha.raw import numbers
from solalpha.raw.intervals import candle_seconds, funding_hours
from solalpha.raw.schemas import (
    ASSET_CONTEXTS,
    BOOK_LEVELS,
    BOOK_SNAPSHOTS,
    MONEY,
    RATE,
)
from solalpha.raw.sequences import trade_sequence
from solalpha.raw.venue_reader import Record, records_frame, rows_frame

# Stored settlements before a new one that tell its interval by their spacing.
_SPACING = timedelta(days=10)


def candle_rows(
    records: Sequence[Record], *, coin: str, interval: str, delay_s: int
) -> tuple[pl.DataFrame, int]:
    """Return candle rows and how many records are of another length or grid."""
    length = timedelta(seconds=candle_seconds(interval))
    found = records_frame(records)
    on_grid = pl.col("open_at").dt.epoch("ms") % (length // timedelta(milliseconds=1))
    fits = (pl.col("closed_at") - pl.col("open_at") == length) & (on_grid == 0)
    kept = found.filter(fits)
    prices = dict.fromkeys(("open", "high", "low", "close", "volume"), MONEY)
    frame = numbers.exact(kept, prices).with_columns(
        pl.lit(coin).alias("coin"),
        pl.lit(interval).alias("interval"),
        pl.lit(length.total_seconds()).cast(pl.Int32).alias("interval_s"),
        (pl.col("open_at") + length).alias("event_at"),
        (pl.col("open_at") + length + timedelta(seconds=delay_s)).alias("available_at"),
    )
    return frame.drop("closed_at"), found.height - kept.height


def funding_rows(
    records: Sequence[Record], stored: pl.DataFrame, *, coin: str, delay_s: int
) -> pl.DataFrame:
    """Return funding rows; the interval is told by the spacing.

    Parameters
    ----------
    stored
        The coin's stored settlements; a row that is stored keeps its interval, and
        the earlier ones decide with the new ones, so that the result is the same
        however the history was cut into pieces.
    """
    frame = records_frame(records).rename({"settled_at": "event_at"})
    frame = numbers.exact(frame, {"funding_rate": RATE, "premium": RATE})
    first: datetime = frame["event_at"].min()  # type: ignore[assignment]
    before = stored.filter(pl.col("event_at") >= first - _SPACING)
    times = pl.concat([before["event_at"], frame["event_at"]]).unique().sort()
    hours = pl.DataFrame(
        {
            "event_at": times,
            "told": pl.Series(funding_hours(times.to_list()), dtype=pl.Int32),
        }
    )
    known = before.select("event_at", pl.col("interval_hours").alias("known"))
    return (
        frame.join(hours, on="event_at", how="left", maintain_order="left")
        .join(known, on="event_at", how="left", maintain_order="left")
        .with_columns(
            pl.lit(coin).alias("coin"),
            pl.coalesce("known", "told").alias("interval_hours"),
            (pl.col("event_at") + timedelta(seconds=delay_s)).alias("available_at"),
        )
        .drop("told", "known")
    )


def context_rows(records: Sequence[Record], *, coin: str) -> pl.DataFrame:
    """Return the context of ``coin``; no row where it is not listed."""
    mine = [record for record in records if getattr(record, "coin", None) == coin]
    if not mine:
        return pl.DataFrame()
    own = ASSET_CONTEXTS.columns
    types = {
        name: dtype for name, dtype in own.items() if isinstance(dtype, pl.Decimal)
    }
    frame = numbers.exact(records_frame(mine), types).with_columns(
        pl.col("received_at").alias("event_at"),
        pl.col("received_at").alias("available_at"),
    )
    return frame.drop("received_at", "asset_id")


def book_rows(record: Record, *, coin: str, received_at: datetime) -> pl.DataFrame:
    """Return the book as one wide row; its sequence is the block's time in ms."""
    book = asdict(record)
    event_at: datetime = book["event_at"]
    row: dict[str, Any] = {
        "coin": coin,
        "sequence": clock.to_ms(event_at),
        "event_at": event_at,
        "available_at": max(received_at, event_at),
    }
    for side in ("bid", "ask"):
        levels: Sequence[Mapping[str, Any]] = book[f"{side}s"][:BOOK_LEVELS]
        for rank, level in enumerate(levels, start=1):
            row |= {f"{side}_{name}_{rank}": level[name] for name in level}
    types = {
        name: dtype
        for name, dtype in BOOK_SNAPSHOTS.columns.items()
        if isinstance(dtype, pl.Decimal) and name in row
    }
    counts = [name for name in row if "_count_" in name]
    frame = numbers.exact(rows_frame([row]), types)
    return frame.with_columns(pl.col(counts).cast(pl.Int32))


def trade_rows(
    records: Sequence[Record], *, coin: str, received_at: datetime
) -> pl.DataFrame:
    """Return trade rows in the order of ``records``, numbered as recorded ones are."""
    frame = numbers.exact(
        records_frame(records).drop("coin"), {"price": MONEY, "size": MONEY}
    )
    received = pl.lit(received_at).cast(frame.schema["event_at"])
    return frame.with_columns(
        pl.lit(coin).alias("coin"),
        trade_sequence(),
        pl.max_horizontal("event_at", received).alias("available_at"),
    )
