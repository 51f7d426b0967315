"""Copy a lake as it was known at a moment, for the replay that proves causality.

Files whose rows were all known by then are hard-linked; in the others later rows are
left out, or turned into noise. The registry of adopted files then names such copies
instead of the trader's files.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from solalpha.config import Parameters, Paths
from solalpha.raw import lake, storage
from solalpha.raw.inventory import table_files
from solalpha.raw.noise import Noise
from solalpha.raw.schemas import TABLES, TableSchema
from solalpha.raw.timeline import REVISION

_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
# Tables whose rows tell the grid of bars that time has passed.
_CLOCKS = ("candles", "funding_rates", "asset_contexts", "trades", "book_snapshots")


def copy_until(
    paths: Paths,
    target: Paths,
    parameters: Parameters,
    moment: datetime | None,
    *,
    noise: Noise | None = None,
) -> int:
    """Copy every row with ``available_at`` up to ``moment``; all of them if None.

    With ``noise`` the later rows are copied too, their keys and times as they are and
    all else nonsense.

    Returns
    -------
    int
        Rows left out or made noise, those of adopted files not counted.
    """
    left_out = 0
    for schema in TABLES.values():
        if schema.partition == "none":
            continue
        for path in table_files(paths, schema, None):
            place = target.raw / path.relative_to(paths.raw)
            left_out += _copy_file(path, place, schema, moment, noise)
    _copy_adopted(paths, target, parameters, moment, noise)
    return left_out


def last_arrivals(paths: Paths, parameters: Parameters) -> dict[str, datetime]:
    """Return the newest ``available_at`` of each coin's rows.

    A bar counts as closed once a row of its coin arrived at or after its edge, so
    this is how far a build of the lake can know its bars.
    """
    found: dict[str, datetime] = {}
    for name in _CLOCKS:
        files = table_files(paths, TABLES[name], None)
        if not files:
            continue
        newest = (
            pl.scan_parquet(files, hive_partitioning=False)
            .filter(pl.col("ingest_id") != REVISION)
            .group_by("coin")
            .agg(pl.col("available_at").max())
            .collect()
        )
        for coin, moment in newest.iter_rows():
            found[coin] = max(moment, found.get(coin, moment))
    delay = timedelta(seconds=parameters.order_flow_delay_s)
    for row in lake.read(paths, "adopted_files").iter_rows(named=True):
        moment = row["last_event_at"] + delay
        found[row["coin"]] = max(moment, found.get(row["coin"], moment))
    return found


def copy_registry(
    paths: Paths, target: Paths, parameters: Parameters, *, since: datetime | None
) -> None:
    """Copy the registry of adopted files, without those that end before ``since``."""
    _copy_adopted(paths, target, parameters, None, None, since=since)


def _copy_file(
    path: Path,
    place: Path,
    schema: TableSchema,
    moment: datetime | None,
    noise: Noise | None,
) -> int:
    rows = pl.scan_parquet(path, hive_partitioning=False)
    is_late = pl.lit(value=False) if moment is None else _is_after(moment)
    late = 0 if moment is None else rows.select(is_late.sum()).collect().item()
    if not late:
        _link(path, place)
        return 0
    whole = rows.collect()
    kept = whole.filter(~is_late)
    if noise is not None:
        kept = pl.concat([kept, noise.rows(schema, kept, whole.filter(is_late))])
    if kept.height:
        storage.write_part(place.parent, kept)
    return int(late)


def _is_after(moment: datetime) -> pl.Expr:
    return pl.col("available_at") > moment


def _link(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, place)
    except OSError:
        # Another file system: a copy does the same.
        shutil.copy2(path, place)


def _copy_adopted(
    paths: Paths,
    target: Paths,
    parameters: Parameters,
    moment: datetime | None,
    noise: Noise | None,
    *,
    since: datetime | None = None,
) -> None:
    files = lake.read(paths, "adopted_files")
    if since is not None:
        files = files.filter(pl.col("last_event_at") > since)
    if files.is_empty():
        return
    columns = lake.read(paths, "adopted_columns")
    if moment is not None:
        edge = moment - timedelta(seconds=parameters.order_flow_delay_s)
        kept = [_cut_adopted(target, row, edge, noise) for row in files.to_dicts()]
        rows = [row for row in kept if row is not None]
        files = pl.DataFrame(rows, schema=files.schema)
    for name, frame in (("adopted_columns", columns), ("adopted_files", files)):
        if frame.height:
            ingest_id = str(frame.item(0, "ingest_id"))
            wanted = _own_columns(TABLES[name], frame)
            lake.replace_registry(target, name, wanted, ingest_id=ingest_id)


def _own_columns(schema: TableSchema, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(name for name in schema.columns if name != "ingest_id")


def _cut_adopted(
    target: Paths, row: dict[str, object], edge: datetime, noise: Noise | None
) -> dict[str, object] | None:
    path = Path(str(row["file_path"]))
    last = row["last_event_at"]
    if isinstance(last, datetime) and last <= edge:
        return row
    rows = pl.read_parquet(path, hive_partitioning=False)
    column = str(row["timestamp_column"])
    time = _event_time(column, row, is_fraction=rows.schema[column].is_float())
    kept = rows.filter(time <= edge)
    if noise is not None:
        later = rows.filter(time > edge)
        kept = pl.concat([kept, noise.lakehouse(later, column)])
    if kept.is_empty():
        return None
    folder = target.data_dir / "adopted" / path.parent.name
    copy = storage.write_part(folder, kept)
    return row | {
        "file_path": str(copy),
        "row_count": kept.height,
        "size_bytes": copy.stat().st_size,
        "modified_at": datetime.fromtimestamp(copy.stat().st_mtime, UTC),
        "last_event_at": kept.select(time.max()).item(),
    }


def _event_time(column: str, row: dict[str, object], *, is_fraction: bool) -> pl.Expr:
    # As staging reads it: whole microseconds, those of nanoseconds rounded down.
    kind = str(row["timestamp_kind"])
    if kind == "ns":
        us = pl.col(column).cast(pl.Int64) // 1_000
        return us.cast(pl.Datetime("us", "UTC"))
    if kind in _MICROSECONDS:
        number = pl.col(column).cast(pl.Float64 if is_fraction else pl.Int64)
        us = number * _MICROSECONDS[kind]
        whole = us.round().cast(pl.Int64) if is_fraction else us
        return whole.cast(pl.Datetime("us", "UTC"))
    zone = str(row["time_zone"] or "UTC")
    if kind == "timestamptz":
        return pl.col(column).dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    naive = pl.col(column).cast(pl.Datetime("us"))
    return naive.dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
