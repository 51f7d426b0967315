"""What the raw tables hold: read them, list them, and name their contents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.raw import storage, validation
from solalpha.raw.schemas import ORIGINS, TABLES, Origin, TableSchema, table_schema

ALL_COINS = "ALL"
# Parts first: a part goes only where its sealed file is there to be found after it.
_NAMES = ("part-*.parquet", *storage.SEALED_NAMES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSummary:
    """Describe one raw table of one coin, from file footers only."""

    table: str
    coin: str
    rows: int
    files: int
    size_bytes: int
    first_at: datetime | None
    last_at: datetime | None


def read(paths: Paths, table: str, coin: str | None = None) -> pl.DataFrame:
    """Return the stored rows of ``table``, in stored order; all coins if None."""
    schema = table_schema(table)
    if coin is not None:
        validation.check_coin(coin)
    frame = _read_files(table_files(paths, schema, coin), schema)
    if coin is not None and schema.has_coin:
        frame = frame.filter(pl.col("coin") == coin)
    return _sorted(frame, schema)


def tables(paths: Paths) -> list[TableSummary]:
    """Return one summary per table and coin that hold rows, in schema order."""
    summaries: list[TableSummary] = []
    for schema in TABLES.values():
        by_coin: dict[str, list[Path]] = {}
        for path in table_files(paths, schema, None):
            folder = path.parent.parent.name
            by_coin.setdefault(folder.removeprefix("coin="), []).append(path)
        for coin, files in sorted(by_coin.items()):
            label = ALL_COINS if schema.partition == "none" else coin
            summaries.append(_summary(schema, label, files))
    return summaries


def origin(paths: Paths) -> Origin | None:
    """Return what the lake holds, real rows or sample rows; None if it is empty.

    Raises
    ------
    DataError
        If it holds both.
    """
    found: set[str] = set()
    for schema in TABLES.values():
        for path in table_files(paths, schema, None)[:1]:
            column = pl.read_parquet(path, columns=["origin"], hive_partitioning=False)
            found.update(column.get_column("origin").unique())
    kinds: list[Origin] = [kind for kind in ORIGINS if kind in found]
    if len(kinds) > 1:
        raise DataError(
            f"{paths.raw} holds real and sample rows; expected one of them: move "
            "the sample into a directory of its own"
        )
    return kinds[0] if kinds else None


def require_origin(paths: Paths, expected: str) -> None:
    """Refuse a lake that holds rows of the other origin.

    Raises
    ------
    DataError
        If the lake holds rows and their origin is not ``expected``.
    """
    found = origin(paths)
    if found is not None and found != expected:
        raise DataError(
            f"{paths.raw} holds {found} rows; expected a lake of {expected} rows or "
            "an empty one: choose another --data-dir"
        )


def manifest(paths: Paths) -> dict[str, Any]:
    """Return what the lake is made of, for the id of a built version.

    Returns
    -------
    dict
        ``files``: path (relative to the raw directory), size_bytes, content id;
        ``adopted``: absolute path, size_bytes and modified_ns as they are now,
        null where the file is gone.
    """
    files = [
        {
            "path": path.relative_to(paths.raw).as_posix(),
            "size_bytes": path.stat().st_size,
            "content": _content(path),
        }
        for schema in TABLES.values()
        for path in table_files(paths, schema, None)
    ]
    adopted = read(paths, "adopted_files").get_column("file_path").sort().to_list()
    return {"files": files, "adopted": [_adopted_entry(Path(p)) for p in adopted]}


def _adopted_entry(path: Path) -> dict[str, Any]:
    stat = path.stat() if path.is_file() else None
    return {
        "path": str(path),
        "size_bytes": stat.st_size if stat else None,
        "modified_ns": stat.st_mtime_ns if stat else None,
    }


def _content(path: Path) -> str:
    if path.name == storage.REGISTRY_NAME:
        return storage.content_id(path)
    if _is_sealed(path):
        return storage.sealed_content_id(path)
    return path.stem.removeprefix("part-")


def _summary(schema: TableSchema, coin: str, files: list[Path]) -> TableSummary:
    position = list(schema.columns).index("event_at")
    rows, edges = 0, []
    for path in files:
        footer = pq.read_metadata(path)
        rows += footer.num_rows
        for group in range(footer.num_row_groups):
            statistics = footer.row_group(group).column(position).statistics
            if statistics is not None and statistics.has_min_max:
                edges += [statistics.min, statistics.max]
    return TableSummary(
        table=schema.name,
        coin=coin,
        rows=rows,
        files=len(files),
        size_bytes=sum(path.stat().st_size for path in files),
        first_at=min(edges).astimezone(UTC) if edges else None,
        last_at=max(edges).astimezone(UTC) if edges else None,
    )


def part_files(folder: Path) -> list[Path]:
    """Return the files of ``folder`` that count, sorted; temporary ones do not.

    A sealed folder has one: its parts are superseded and wait for their removal.
    """
    if not folder.is_dir():
        return []
    return _counted(path for name in _NAMES for path in folder.glob(name))


def table_files(paths: Paths, schema: TableSchema, coin: str | None) -> list[Path]:
    """Return the stored files of a table, sorted; of all coins if ``coin`` is None."""
    root = paths.raw / schema.name
    if schema.partition == "none":
        return part_files(root)
    folder = f"coin={(coin or '*') if schema.has_coin else ALL_COINS}/*"
    return _counted(path for name in _NAMES for path in root.glob(f"{folder}/{name}"))


def _counted(found: Iterable[Path]) -> list[Path]:
    files = list(found)
    sealed = {path.parent for path in files if _is_sealed(path)}
    return sorted(
        path for path in files if _is_sealed(path) or path.parent not in sealed
    )


def _is_sealed(path: Path) -> bool:
    return path.name in storage.SEALED_NAMES.values()


def _read_files(files: list[Path], schema: TableSchema) -> pl.DataFrame:
    if not files:
        return schema.empty()
    return pl.read_parquet(files, hive_partitioning=False).select(list(schema.columns))


def _sorted(frame: pl.DataFrame, schema: TableSchema) -> pl.DataFrame:
    # Files are sorted and mostly disjoint, so that a wide sort is seldom needed.
    keys = frame.select(pl.struct(schema.sort_by).alias("key"))
    order = keys.get_column("key").arg_sort()
    return frame if order.is_sorted() else frame[order]
