"""Sealed days and months: one file in place of the many parts of a time that is over.

A folder of a table partitioned by date holds parts, or one ``day.parquet``; one of a
table partitioned by month parts, or one ``month.parquet``. Where that exists only it
counts; it is complete or absent. Superseded parts stay until a later seal, so that a
reader with a list of files in hand is not cut off.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.raw import storage
from solalpha.raw.inventory import part_files
from solalpha.raw.lock import writing
from solalpha.raw.schemas import TableSchema, table_schema
from solalpha.raw.table_schema import PartitionBy
from solalpha.raw.validation import check_coin

# Late rows of a month arrive in its first days after: a funding hour, a late candle.
MONTH_MARGIN = timedelta(days=2)
# No reader holds a list of files for longer.
READERS_DONE = timedelta(days=1)
_DATE_FOLDER = "date="
_MONTH_FOLDER = "month="
# Some day of the following month, whatever the month.
_PAST_MONTH = timedelta(days=32)


def seal_day(paths: Paths, table: str, coin: str, day: date) -> Path | None:
    """Gather the parts of ``day`` into one file and return it; None without rows.

    Sealing a sealed day changes nothing. The superseded parts of days before
    ``day`` are removed.

    Raises
    ------
    DataError
        If the table is not partitioned by date, or another writer holds the lock.
    """
    schema = _schema(table, "date")
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
        return storage.write_sealed(folder, storage.DAY_NAME, _gathered(schema, files))


def seal_months(
    paths: Paths, table: str, coin: str, *, moment: datetime
) -> tuple[Path, ...]:
    """Gather each month that is over and lies in many parts; return the new files.

    What is sealed follows from what is stored and from ``moment``, not from who
    stored it, so that a run that was stopped leaves its months to the next one.
    Superseded parts go a day after their month was sealed, and only those whose rows
    the sealed file holds. A month with a part that cannot be read stays as it is.

    Raises
    ------
    DataError
        If the table is not partitioned by month, or another writer holds the lock.
    """
    schema = _schema(table, "month")
    root = paths.raw / table / f"coin={check_coin(coin)}"
    sealed: list[Path] = []
    with writing(paths):
        for folder in sorted(root.glob(f"{_MONTH_FOLDER}*")):
            storage.remove_leftovers(folder)
            try:
                found = _seal_month(schema, folder, moment)
            except pl.exceptions.PolarsError:
                # The check of the files tells what is wrong with it.
                continue
            sealed += [found] if found is not None else []
    return tuple(sealed)


def store(schema: TableSchema, folder: Path, rows: pl.DataFrame) -> Path:
    """Add ``rows`` to ``folder``: as a part, or into its file if it is sealed."""
    stored = part_files(folder)
    name = storage.SEALED_NAMES[schema.partition]
    if stored and stored[0].name == name:
        old = _gathered(schema, stored)
        return storage.write_sealed(
            folder, name, _in_order(schema, pl.concat([old, rows]))
        )
    return storage.write_part(folder, rows)


def _schema(table: str, partition: PartitionBy) -> TableSchema:
    schema = table_schema(table)
    if schema.partition != partition:
        raise DataError(
            f"{table} is partitioned by {schema.partition}; expected a table with a "
            f"folder per {partition}"
        )
    return schema


def _seal_month(schema: TableSchema, folder: Path, moment: datetime) -> Path | None:
    files = part_files(folder)
    if files and files[0].name == storage.MONTH_NAME:
        if moment - storage.sealed_at(files[0]) >= READERS_DONE:
            _remove_held(schema, folder, files[0])
        return None
    ended_at = _end_of(folder)
    is_over = ended_at is not None and moment >= ended_at + MONTH_MARGIN
    if not is_over or len(files) <= 1:
        return None
    rows = _gathered(schema, files)
    return storage.write_sealed(folder, storage.MONTH_NAME, rows, sealed_at=moment)


def _end_of(folder: Path) -> datetime | None:
    try:
        first = date.fromisoformat(f"{folder.name.removeprefix(_MONTH_FOLDER)}-01")
    except ValueError:
        return None
    following = (first + _PAST_MONTH).replace(day=1)
    return datetime(following.year, following.month, 1, tzinfo=UTC)


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


def _remove_held(schema: TableSchema, folder: Path, sealed: Path) -> None:
    parts = sorted(folder.glob("part-*.parquet"))
    if not parts:
        return
    key = list(schema.key)
    held = pl.read_parquet(sealed, columns=key, hive_partitioning=False)
    for part in parts:
        rows = pl.read_parquet(part, columns=key, hive_partitioning=False)
        if rows.join(held, on=key, how="anti", nulls_equal=True).is_empty():
            part.unlink(missing_ok=True)
