"""Rows of the two registries of adopted files, and what is worth telling of them."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import polars as pl
import pyarrow as pa

from solalpha.parameters import Parameters
from solalpha.raw.footers import Footer
from solalpha.raw.mapping import LakehouseMapping
from solalpha.raw.schemas import (
    ADOPTED_COLUMNS,
    ADOPTED_FILES,
    ORDER_FLOW_COLUMNS,
    TableSchema,
)

SOURCE = "lakehouse"
_SHOWN = 6


def is_numeric(dtype: pa.DataType) -> bool:
    """Whether a column of this type can be a feature: a number or a truth value."""
    return bool(
        pa.types.is_integer(dtype)
        or pa.types.is_floating(dtype)
        or pa.types.is_decimal(dtype)
        or pa.types.is_boolean(dtype)
    )


def file_rows(
    footers: dict[str, list[Footer]], mapping: LakehouseMapping, parameters: Parameters
) -> pl.DataFrame:
    """Return one row per adopted file, in the registry's columns."""
    rows = [
        {
            "coin": coin,
            "file_path": str(footer.path),
            "month": footer.month,
            "row_count": footer.row_count,
            "size_bytes": footer.size_bytes,
            "modified_at": footer.modified_at,
            "first_event_at": footer.first_event_at,
            "last_event_at": footer.last_event_at,
            "timestamp_column": mapping.timestamp_column,
            "timestamp_kind": footer.timestamp_kind,
            "time_zone": footer.time_zone,
            "columns": [mapping.source_of(name) for name in _covered(footer, mapping)],
            "event_at": footer.last_event_at,
            "available_at": footer.last_event_at
            + timedelta(seconds=parameters.order_flow_delay_s),
        }
        for coin, files in footers.items()
        for footer in files
    ]
    return _framed(rows, ADOPTED_FILES)


def column_rows(
    footers: dict[str, list[Footer]], mapping: LakehouseMapping, files: pl.DataFrame
) -> pl.DataFrame:
    """Return one row per coin and contract column that any of its files has."""
    last = files.group_by("coin").agg(
        pl.col("event_at").max(), pl.col("available_at").max()
    )
    moments = {coin: (event, known) for coin, event, known in last.iter_rows()}
    rows = [
        {
            "coin": coin,
            "column_name": name,
            "source_column": mapping.source_of(name),
            "scale": mapping.scales.get(name, 1.0),
            "event_at": moments[coin][0],
            "available_at": moments[coin][1],
        }
        for coin, of_coin in footers.items()
        for name in ORDER_FLOW_COLUMNS
        if any(name in _covered(footer, mapping) for footer in of_coin)
    ]
    return _framed(rows, ADOPTED_COLUMNS)


def notes_of(footers: list[Footer], mapping: LakehouseMapping) -> list[str]:
    """Return what to tell of one coin's files: coverage, drift, holes, overlaps."""
    covered = {footer.path: set(_covered(footer, mapping)) for footer in footers}
    found = [n for n in ORDER_FLOW_COLUMNS if any(n in c for c in covered.values())]
    absent = [name for name in ORDER_FLOW_COLUMNS if name not in found]
    notes = [
        f"{sum(footer.row_count for footer in footers)} rows in {len(footers)} files",
        f"{len(found)} of {len(ORDER_FLOW_COLUMNS)} contract columns found"
        + (f", missing: {_listed(absent)}" if absent else ""),
    ]
    for name in found:
        lacking = {f.month for f in footers if name not in covered[f.path]}
        if lacking:
            notes.append(f"{name} missing or no number in {_listed(sorted(lacking))}")
        kinds = {str(f.types.get(mapping.source_of(name))) for f in footers}
        if len(kinds - {"None"}) > 1:
            notes.append(f"{name} changes type: {_listed(sorted(kinds - {'None'}))}")
    kinds = {footer.timestamp_kind for footer in footers}
    if len(kinds) > 1:
        notes.append(f"{mapping.timestamp_column} changes kind: {sorted(kinds)}")
    if nulls := sum(footer.null_times for footer in footers):
        notes.append(f"{nulls} rows without a time")
    return [*notes, *_holes(footers), *_others(footers, mapping)]


def _covered(footer: Footer, mapping: LakehouseMapping) -> list[str]:
    return [
        name
        for name in ORDER_FLOW_COLUMNS
        if mapping.source_of(name) in footer.types
        and is_numeric(footer.types[mapping.source_of(name)])
    ]


def _holes(footers: list[Footer]) -> list[str]:
    notes: list[str] = []
    months = sorted({footer.month for footer in footers})
    numbers = [int(m[:4]) * 12 + int(m[5:]) - 1 for m in months]
    lacking = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
    if lacking:
        named = [f"{n // 12}-{n % 12 + 1:02d}" for n in lacking]
        notes.append(f"months without files: {_listed(named)}")
    in_order = sorted(footers, key=lambda footer: footer.first_event_at)
    overlapping = sum(
        b.first_event_at <= a.last_event_at for a, b in pairwise(in_order)
    )
    if overlapping:
        notes.append(f"{overlapping} files overlap the one before in time")
    return notes


def _others(footers: list[Footer], mapping: LakehouseMapping) -> list[str]:
    used = {mapping.source_of(name) for name in ORDER_FLOW_COLUMNS}
    used.add(mapping.timestamp_column)
    extra = sorted({n for footer in footers for n in footer.types} - used)
    return [f"{len(extra)} other columns not read: {_listed(extra)}"] if extra else []


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _framed(rows: list[dict[str, object]], schema: TableSchema) -> pl.DataFrame:
    marked = [{**row, "source": SOURCE, "origin": "real"} for row in rows]
    columns = {n: t for n, t in schema.columns.items() if n != "ingest_id"}
    return pl.DataFrame(marked, schema=columns)
