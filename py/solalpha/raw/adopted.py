"""Rows of the three registries of adopted files: files, columns read, all columns."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pyarrow as pa

from solalpha.parameters import Parameters
from solalpha.raw.footers import Footer
from solalpha.raw.mapping import LakehouseMapping
from solalpha.raw.schemas import (
    ADOPTED_COLUMNS,
    ADOPTED_FIELDS,
    ADOPTED_FILES,
    ORDER_FLOW_KNOWN,
    TableSchema,
)

SOURCE = "lakehouse"


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
    rows: list[dict[str, object]] = [
        {
            "coin": coin,
            "file_path": str(footer.path),
            "month": footer.month,
            "row_count": footer.row_count,
            "size_bytes": footer.size_bytes,
            "modified_at": footer.modified_at,
            "first_event_at": footer.first_event_at,
            "last_event_at": footer.last_event_at,
            "timestamp_column": footer.own_name(mapping.timestamp_column),
            "timestamp_kind": footer.timestamp_kind,
            "time_zone": footer.time_zone,
            "columns": list(covered(footer, mapping).values()),
            "event_at": footer.last_event_at,
            "available_at": footer.last_event_at
            + timedelta(seconds=parameters.order_flow_delay_s),
        }
        for coin, files in footers.items()
        for footer in files
    ]
    origins = [footer.origin for of_coin in footers.values() for footer in of_coin]
    return _framed(rows, ADOPTED_FILES, pl.Series(origins, dtype=pl.String))


def column_rows(
    footers: dict[str, list[Footer]], mapping: LakehouseMapping, files: pl.DataFrame
) -> pl.DataFrame:
    """Return one row per coin and contract column that any of its files has."""
    last = files.group_by("coin").agg(
        pl.col("event_at").max(), pl.col("available_at").max()
    )
    moments = {coin: (event, known) for coin, event, known in last.iter_rows()}
    rows: list[dict[str, object]] = [
        {
            "coin": coin,
            "column_name": name,
            "source_column": mapping.source_of(name),
            "scale": mapping.scales.get(name, 1.0),
            "event_at": moments[coin][0],
            "available_at": moments[coin][1],
        }
        for coin, of_coin in footers.items()
        for name in ORDER_FLOW_KNOWN
        if any(name in covered(footer, mapping) for footer in of_coin)
    ]
    return _framed(rows, ADOPTED_COLUMNS, files["origin"])


def field_rows(
    footers: dict[str, list[Footer]], mapping: LakehouseMapping, files: pl.DataFrame
) -> pl.DataFrame:
    """Return one row per file and column of it, read or not."""
    moments = {
        path: (event, known)
        for path, event, known in files.select(
            "file_path", "event_at", "available_at"
        ).iter_rows()
    }
    rows: list[dict[str, object]] = [
        {
            "coin": coin,
            "file_path": str(footer.path),
            "month": footer.month,
            "field_name": name,
            "column_name": ours.get(name),
            "field_type": str(dtype),
            "row_count": footer.row_count,
            "null_count": footer.null_counts[name],
            "event_at": moments[str(footer.path)][0],
            "available_at": moments[str(footer.path)][1],
        }
        for coin, of_coin in footers.items()
        for footer in of_coin
        for ours in [{own: n for n, own in covered(footer, mapping).items()}]
        for name, dtype in footer.types.items()
    ]
    return _framed(rows, ADOPTED_FIELDS, files["origin"])


def covered(footer: Footer, mapping: LakehouseMapping) -> dict[str, str]:
    """Return each known column that the file has as a number, and its name there."""
    found: dict[str, str] = {}
    for name in ORDER_FLOW_KNOWN:
        own = footer.own_name(mapping.source_of(name))
        if own is not None and is_numeric(footer.types[own]):
            found[name] = own
    return found


def _framed(
    rows: list[dict[str, object]], schema: TableSchema, origins: pl.Series
) -> pl.DataFrame:
    # All files of one lakehouse have one origin, which was checked before.
    origin = origins[0] if len(origins) else "real"
    marked = [{**row, "source": SOURCE, "origin": origin} for row in rows]
    columns = {n: t for n, t in schema.columns.items() if n != "ingest_id"}
    return pl.DataFrame(marked, schema=columns)
