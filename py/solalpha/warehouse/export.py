"""Write the order flow of recorded books and trades as a lakehouse of parquet.

A month of books is read a few days at a time and needs no more memory than they do;
the result does not depend on the chunks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.warehouse.build import PROD, build
from solalpha.warehouse.disk import sync
from solalpha.warehouse.export_views import (
    MODEL,
    Month,
    attached,
    moment_literal,
    months_of,
    stand_over,
)

FILE_NAME = "order_flow.parquet"
ORIGIN_KEY = b"solalpha_origin"
CHUNK_ROWS = 500_000
_KEYS = ("coin", "source", "sequence", "event_at", "available_at")
_TEMPORARY = ".tmp"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """Describe one written file; times are aware UTC, inclusive at both ends."""

    coin: str
    month: str
    path: Path
    rows: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    paths: Paths
    parameters: Parameters
    origin: str
    chunk_rows: int

    @property
    def reach(self) -> timedelta:
        # As far back as any column of a row reads; running sums and buckets start
        # anew at midnight.
        numbers = self.parameters
        return timedelta(
            seconds=numbers.vpin_max_age_s
            + numbers.impact_window_s
            + numbers.trade_window_s
            + 2 * numbers.stale_after_s
        )


def build_order_flow(paths: Paths, parameters: Parameters) -> None:
    """Build what the export reads: views over the raw rows, and one small table."""
    build(paths, parameters, select=f"+{MODEL}", target=PROD)


def export_order_flow(
    paths: Paths,
    parameters: Parameters,
    directory: Path,
    *,
    coin: str | None,
    origin: str,
    chunk_rows: int = CHUNK_ROWS,
    progress: Progress | None = None,
) -> tuple[ExportedFile, ...]:
    """Write ``consolidated/<COIN>/year=YYYY/month=MM/order_flow.parquet``.

    Call ``build_order_flow`` before, so that the models are those of the present code.
    One row per recorded book that was known at its own bar's decision, in time order:
    the time ``timestamp``, the contract's columns that books give, and those of
    trades. A month's file is replaced whole or not at all.

    Parameters
    ----------
    coin
        The coin wanted; None for all that have books.
    origin
        Whether the lake's rows are ``real`` or of a ``sample``; every file says so,
        and a lake of the other kind refuses to adopt it.

    Raises
    ------
    ConfigError
        If ``directory`` is no place for it, or holds order flow of another hand.
    DataError
        If there are no books, or the models were not built.
    """
    root = _root(directory, paths)
    job = _Job(paths=paths, parameters=parameters, origin=origin, chunk_rows=chunk_rows)
    written: list[ExportedFile] = []
    months = months_of(paths, coin)
    if not months:
        raise DataError(
            f"no recorded books{f' of {coin}' if coin else ''}; expected some: run "
            "`solalpha record` or `solalpha ingest books`"
        )
    targets = [_target(root, month) for month in months]
    for done, (month, target) in enumerate(zip(months, targets, strict=True), start=1):
        found = _write(job, month, target)
        if found is not None:
            written.append(found)
        if progress is not None:
            progress("export", done, len(months))
    return tuple(written)


def _root(directory: Path, paths: Paths) -> Path:
    root = directory.expanduser().absolute()
    if root.exists() and not root.is_dir():
        raise ConfigError(f"{directory} is a file; expected a directory to write into")
    if root.is_relative_to(paths.raw.absolute()):
        raise ConfigError(
            f"{directory} lies in the raw tables; expected a directory outside "
            f"{paths.raw}"
        )
    return root


def _target(root: Path, month: Month) -> Path:
    folder = root / "consolidated" / month.coin
    folder /= f"year={month.opened_at:%Y}/month={month.opened_at:%m}"
    others = [path for path in folder.glob("*.parquet") if path.name != FILE_NAME]
    if others:
        raise ConfigError(
            f"{others[0]}: order flow that was not exported here; expected an empty "
            f"folder or {FILE_NAME}: its rows would stand beside the exported ones"
        )
    target = folder / FILE_NAME
    if target.exists() and not _is_ours(target):
        raise ConfigError(
            f"{target}: order flow that was not exported here; expected an earlier "
            "export or none: it would be lost"
        )
    return target


def _is_ours(file: Path) -> bool:
    try:
        words = pq.read_schema(file).metadata
    except (OSError, pa.ArrowInvalid):
        return False
    return words is not None and ORIGIN_KEY in words


def _write(job: _Job, month: Month, target: Path) -> ExportedFile | None:
    temporary = target.with_name(target.name + _TEMPORARY)
    rows, edges = 0, list[datetime]()
    writer: pq.ParquetWriter | None = None
    try:
        for chunk in month.chunks(job.chunk_rows):
            table = _rows(job, month.coin, *chunk)
            if table.num_rows == 0:
                continue
            if writer is None:
                target.parent.mkdir(parents=True, exist_ok=True)
                writer = pq.ParquetWriter(temporary, table.schema, compression="zstd")
            writer.write_table(table)
            rows += table.num_rows
            stamps = table.column("timestamp")
            edges += [stamps[0].as_py(), stamps[-1].as_py()]
        if writer is None:
            return None
        writer.close()
        _put(temporary, target)
    except OSError as error:
        raise ConfigError(
            f"{target} cannot be written ({error.strerror or error}); expected a "
            "writable directory"
        ) from error
    finally:
        if writer is not None:
            writer.close()
        temporary.unlink(missing_ok=True)
    return ExportedFile(
        coin=month.coin,
        month=f"{month.opened_at:%Y-%m}",
        path=target,
        rows=rows,
        first_at=edges[0],
        last_at=edges[-1],
    )


def _rows(job: _Job, coin: str, opened: datetime, closed: datetime) -> pa.Table:
    first = (opened - job.reach).replace(hour=0, minute=0, second=0, microsecond=0)
    with attached(job.paths) as connection:
        stand_over(connection, coin, first, closed)
        table = connection.sql(
            "select timezone('UTC', event_at) as \"timestamp\", "
            f"* exclude ({', '.join(_KEYS)}) from {MODEL} "
            f"where event_at >= {moment_literal(opened)} order by event_at, sequence"
        ).to_arrow_table()
    return table.replace_schema_metadata({ORIGIN_KEY: job.origin})


def _put(temporary: Path, target: Path) -> None:
    sync(temporary)
    temporary.replace(target)
    sync(target.parent)
