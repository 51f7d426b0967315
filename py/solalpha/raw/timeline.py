"""When rows of a raw table happened and arrived: its holes and its late rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from solalpha.config import Paths
from solalpha.raw.inventory import table_files
from solalpha.raw.schemas import TABLES, TableSchema

# A row is late when it took this much longer than the table's typical row.
_LATE = timedelta(minutes=10)
# A silence is a hole from this many typical spacings and this long.
_HOLE_SPACINGS = 5
_HOLE = timedelta(minutes=30)
# Rows that the audit planted as second readings of a key; staging drops them.
REVISION = "revision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Name a stretch of one table's time: a hole, or a row's way from event to us."""

    table: str
    coin: str
    begins_at: datetime
    ends_at: datetime


def dated(
    files: Sequence[Path], schema: TableSchema, *, is_lone: bool = False
) -> pl.DataFrame:
    """Return coin, event_at and available_at of the rows in ``files``, by event.

    Planted second readings, which staging drops, are left out; where ``is_lone`` so
    are headlines whose title came more than once.
    """
    coin = pl.col("coin") if schema.has_coin else pl.lit("ALL")
    return (
        pl.scan_parquet(list(files), hive_partitioning=False)
        .filter(pl.col("ingest_id") != REVISION)
        .filter(_is_lone(schema) if is_lone else pl.lit(value=True))
        .select(coin.alias("coin"), "event_at", "available_at")
        .sort("coin", "event_at")
        .collect()
    )


def _is_lone(schema: TableSchema) -> pl.Expr:
    # A story that is told again counts once: its second telling changes nothing.
    if "title" not in schema.columns:
        return pl.lit(value=True)
    return pl.len().over("title") == 1


def late_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of ``dated`` that arrived long after their typical peers."""
    delay = pl.col("available_at") - pl.col("event_at")
    return rows.filter(delay > delay.median().over("coin") + _LATE)


def holes(rows: pl.DataFrame) -> pl.DataFrame:
    """Return coin, begins_at and ends_at of the silences in ``dated`` rows."""
    step = pl.col("step")
    steps = rows.select(
        "coin",
        pl.col("event_at").alias("ends_at"),
        pl.col("event_at").diff().over("coin").alias("step"),
    ).filter(step > timedelta(0))
    typical = step.median().over("coin") * _HOLE_SPACINGS
    return steps.filter((step > typical) & (step > _HOLE)).select(
        "coin", (pl.col("ends_at") - step).alias("begins_at"), "ends_at"
    )


def hole_spans(paths: Paths) -> list[Span]:
    """Return every hole of every table."""
    return [
        Span(table=schema.name, coin=coin, begins_at=begins_at, ends_at=ends_at)
        for schema, rows in _tables(paths)
        for coin, begins_at, ends_at in holes(rows).iter_rows()
    ]


def late_spans(paths: Paths) -> list[Span]:
    """Return the way of every late row, from its event to its arrival.

    Not of a headline whose title came more than once.
    """
    return [
        Span(table=schema.name, coin=coin, begins_at=event_at, ends_at=available_at)
        for schema, rows in _tables(paths, is_lone=True)
        for coin, event_at, available_at in late_rows(rows).iter_rows()
    ]


def revised_spans(paths: Paths) -> list[Span]:
    """Return the way of every planted second reading, from the first one's arrival.

    Before the first reading has arrived nothing of the row is known, and the second
    can change nothing.
    """
    return [
        Span(table=schema.name, coin=coin, begins_at=begins_at, ends_at=ends_at)
        for schema, files in _files(paths)
        for coin, begins_at, ends_at in _readings(files, schema).iter_rows()
    ]


def _readings(files: Sequence[Path], schema: TableSchema) -> pl.DataFrame:
    # Coin and the arrivals of first and second reading, where both are there.
    rows = pl.scan_parquet(list(files), hive_partitioning=False)
    is_second = pl.col("ingest_id") == REVISION
    arrives = pl.col("available_at").min()
    firsts = rows.filter(~is_second).filter(_is_lone(schema)).group_by(schema.key)
    seconds = rows.filter(is_second).group_by(schema.key)
    coin = pl.col("coin") if schema.has_coin else pl.lit("ALL")
    return (
        seconds.agg(arrives.alias("ends_at"))
        .join(firsts.agg(arrives.alias("begins_at")), on=schema.key)
        .filter(pl.col("begins_at") < pl.col("ends_at"))
        .select(coin.alias("coin"), "begins_at", "ends_at")
        .sort("coin", "begins_at", "ends_at")
        .collect()
    )


def _tables(
    paths: Paths, *, is_lone: bool = False
) -> list[tuple[TableSchema, pl.DataFrame]]:
    return [
        (schema, dated(files, schema, is_lone=is_lone))
        for schema, files in _files(paths)
    ]


def _files(paths: Paths) -> list[tuple[TableSchema, list[Path]]]:
    found = [
        (schema, table_files(paths, schema, None))
        for schema in TABLES.values()
        if schema.partition != "none"
    ]
    return [(schema, files) for schema, files in found if files]
