"""Sealed days: one file in place of the many parts of a day that is over.

A folder of a table partitioned by date holds parts, or one ``day.parquet``. Where
that exists only it counts; it is complete or absent. Superseded parts stay until a
later day is sealed, so that a reader with a list of files in hand is not cut off.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.raw import storage
from solalpha.raw.inventory import part_files
from solalpha.raw.lock import writing
from solalpha.raw.schemas import TableSchema, table_schema
from solalpha.raw.validation import check_coin

_DATE_FOLDER = "date="


def seal_day(paths: Paths, table: str, coin: str, day: date) -> Path | None:
    """Gather the parts of ``day`` into one file and return it; None without rows.

    Sealing a sealed day changes nothing. The superseded parts of days before
    ``day`` are removed.

    Raises
    ------
    DataError
        If the table is not partitioned by date, or another writer holds the lock.
    """
    schema = table_schema(table)
    if schema.partition != "date":
        raise DataError(
            f"{table} is partitioned by {schema.partition}; expected a table with a "
            "folder per date"
        )
    root = paths.raw / table / f"coin={check_coin(coin)}"
    folder = root / f"{_DATE_FOLDER}{day.isoformat()}"
    with writing(paths):
        storage.remove_leftovers(folder)
        _remove_superseded(root, before=folder.name)
        files = part_files(folder)
        if not files:
            return None
        if files[0].name == storage.DAY_NAME:
            return files[0]
        return storage.write_day(folder, _gathered(schema, files))


def store(schema: TableSchema, folder: Path, rows: pl.DataFrame) -> Path:
    """Add ``rows`` to ``folder``: as a part, or into its file if it is sealed."""
    stored = part_files(folder)
    if stored and stored[0].name == storage.DAY_NAME:
        old = _gathered(schema, stored)
        return storage.write_day(folder, _in_order(schema, pl.concat([old, rows])))
    return storage.write_part(folder, rows)


def _gathered(schema: TableSchema, files: list[Path]) -> pl.DataFrame:
    rows = pl.read_parquet(files, hive_partitioning=False).select(list(schema.columns))
    return _in_order(schema, rows)


def _in_order(schema: TableSchema, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(schema.sort_by)


def _remove_superseded(root: Path, *, before: str) -> None:
    for sealed in root.glob(f"{_DATE_FOLDER}*/{storage.DAY_NAME}"):
        if sealed.parent.name >= before:
            continue
        for part in sealed.parent.glob("part-*.parquet"):
            part.unlink(missing_ok=True)
