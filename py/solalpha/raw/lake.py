"""The raw tables on disk: append, read, list, and say what they are made of.

Appending is idempotent by key. A row whose key is stored already is a duplicate;
one whose key is stored with other values is conflicting: it is counted and kept
out, because what was once known may not be rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.raw import storage, validation
from solalpha.raw.inventory import (
    ALL_COINS,
    TableSummary,
    manifest,
    origin,
    part_files,
    read,
    require_origin,
    tables,
)
from solalpha.raw.lock import LakeBusy, writing
from solalpha.raw.schemas import TableSchema, table_schema
from solalpha.raw.sealing import seal_day, seal_months, store

__all__ = [
    "AppendResult",
    "LakeBusy",
    "TableSummary",
    "append",
    "manifest",
    "origin",
    "read",
    "replace_registry",
    "require_origin",
    "seal_day",
    "seal_months",
    "tables",
    "writing",
]

_MONTH = "%Y-%m"
_DATE = "%Y-%m-%d"
_ROW = "_row"
_FOLDER = "_folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendResult:
    """Count what an append did; rows read = added + duplicate + conflicting."""

    added: int
    duplicate: int
    conflicting: int
    files: tuple[Path, ...]


def append(
    paths: Paths, table: str, frame: pl.DataFrame, *, ingest_id: str
) -> AppendResult:
    """Store the rows of ``frame`` whose key is not stored yet.

    Parameters
    ----------
    frame
        Columns of the table's schema but ``ingest_id``; nullable ones may be absent.

    Raises
    ------
    DataError
        If the frame does not fit the schema, its origin differs from the lake's,
        or another writer holds the lock. Nothing was stored then.
    """
    schema = table_schema(table)
    if schema.partition == "none":
        raise DataError(f"{table} is a registry; expected replace_registry to write it")
    rows = validation.conformed(schema, frame, ingest_id)
    if rows.is_empty():
        return AppendResult(added=0, duplicate=0, conflicting=0, files=())
    with writing(paths):
        require_origin(paths, rows.item(0, "origin"))
        storage.remove_leftovers(paths.raw / table)
        files: list[Path] = []
        duplicate = conflicting = 0
        for folder, part in _parts(schema, rows):
            target = paths.raw / table / folder
            fresh, repeated, differing = _fresh(schema, part, part_files(target))
            duplicate, conflicting = duplicate + repeated, conflicting + differing
            if not fresh.is_empty():
                files.append(store(schema, target, fresh))
    return AppendResult(
        added=rows.height - duplicate - conflicting,
        duplicate=duplicate,
        conflicting=conflicting,
        files=tuple(files),
    )


def replace_registry(
    paths: Paths, table: str, frame: pl.DataFrame, *, ingest_id: str
) -> None:
    """Replace all rows of the registry ``table`` by ``frame``, atomically.

    Raises
    ------
    DataError
        If the frame does not fit the schema or repeats a key.
    """
    schema = table_schema(table)
    if schema.partition != "none":
        raise DataError(f"{table} is append-only; expected a registry")
    rows = validation.conformed(schema, frame, ingest_id).sort(schema.key)
    if rows.select(schema.key).is_duplicated().any():
        raise DataError(f"{table}: a key {schema.key} repeats; expected one row each")
    with writing(paths):
        if not rows.is_empty():
            require_origin(paths, rows.item(0, "origin"))
        storage.remove_leftovers(paths.raw / table)
        storage.write_registry(paths.raw / table, rows)


def _parts(
    schema: TableSchema, rows: pl.DataFrame
) -> Iterator[tuple[str, pl.DataFrame]]:
    # Only the sort columns are sorted; each partition then gathers its own rows.
    form = _DATE if schema.partition == "date" else _MONTH
    coin = pl.col("coin") if schema.has_coin else pl.lit(ALL_COINS)
    day = pl.col(schema.partition_at).dt.strftime(form)
    index = (
        rows.lazy()
        .with_columns(
            pl.format("coin={}/" + schema.partition + "={}", coin, day).alias(_FOLDER)
        )
        .select(_FOLDER, *schema.sort_by)
        .with_row_index(_ROW)
        .sort(_FOLDER, *schema.sort_by, _ROW)
        .select(_FOLDER, _ROW)
        .collect()
    )
    for (folder,), chosen in index.group_by(_FOLDER, maintain_order=True):
        yield str(folder), rows[chosen.get_column(_ROW)]


def _fresh(
    schema: TableSchema, part: pl.DataFrame, stored: list[Path]
) -> tuple[pl.DataFrame, int, int]:
    # Rows to write, and how many were duplicate and conflicting.
    first = part.unique(schema.key, keep="first", maintain_order=True)
    duplicate = conflicting = 0
    if first.height < part.height:
        known = part.height - first.height
        conflicting = _differing(schema, part, first)
        duplicate = known - conflicting
    if stored:
        old = pl.scan_parquet(stored, hive_partitioning=False)
        if "event_at" in schema.key:
            # Rows of other times cannot share a key: their files are passed over.
            times = first.get_column("event_at")
            old = old.filter(pl.col("event_at").is_between(times.min(), times.max()))
        keys = old.select(schema.key).collect()
        fresh = first.join(keys, on=schema.key, how="anti", maintain_order="left")
        if known := first.height - fresh.height:
            values = old.select([*schema.key, *schema.compared]).collect()
            differing = _differing(schema, first, values)
            duplicate, conflicting = (
                duplicate + known - differing,
                conflicting + differing,
            )
        first = fresh
    return first, duplicate, conflicting


def _differing(schema: TableSchema, rows: pl.DataFrame, other: pl.DataFrame) -> int:
    names = schema.compared
    pairs = rows.select([*schema.key, *names]).join(
        other.select([*schema.key, *names]), on=schema.key, how="inner", suffix="_other"
    )
    unequal = [pl.col(n).ne_missing(pl.col(f"{n}_other")) for n in names]
    return int(pairs.select(pl.any_horizontal(unequal).sum()).item() or 0)
