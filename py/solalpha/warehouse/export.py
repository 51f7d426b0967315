"""Write the order flow of recorded books and trades as a lakehouse of parquet.

The SQL is dbt's: a built warehouse holds it as views. Here those views stand over a
few days of raw rows at a time, so that a month of books needs no more memory than one
chunk of it; the result does not depend on the chunks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.warehouse import duck
from solalpha.warehouse.build import PROD, build, database

MODEL = "int_order_flow_measured_to_snapshots"
FILE_NAME = "order_flow.parquet"
CHUNK_ROWS = 500_000
# The views between the raw rows and the model, each after those it reads.
_STAGING = ("stg_hyperliquid__book_snapshots", "stg_hyperliquid__trades")
_TABLES = ("int_book_levels_measured_to_bars",)
_VIEWS = (
    "int_book_snapshots_quoted_to_rows",
    "int_trades_matched_to_quotes",
    "int_trades_cumulated_to_moments",
    "int_volume_buckets_measured_to_moments",
    "int_trades_measured_to_snapshots",
    "int_book_snapshots_measured_to_order_flow",
    MODEL,
)
_KEYS = ("coin", "source", "sequence", "event_at", "available_at")
_TEMPORARY = ".tmp"
_DAY = timedelta(days=1)

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
class _Month:
    # Days that have books, with their number, in order.
    coin: str
    days: tuple[tuple[datetime, int], ...]

    @property
    def opened_at(self) -> datetime:
        return self.days[0][0].replace(day=1)

    def chunks(self, chunk_rows: int) -> list[tuple[datetime, datetime]]:
        # Runs of whole days that hold so many books, or a single day that holds more.
        found: list[tuple[datetime, datetime]] = []
        held = 0
        for day, rows in self.days:
            if found and held + rows <= chunk_rows:
                found[-1] = (found[-1][0], day + _DAY)
                held += rows
            else:
                found.append((day, day + _DAY))
                held = rows
        return found


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
    months = _months(paths, coin)
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


def _target(root: Path, month: _Month) -> Path:
    folder = root / "consolidated" / month.coin
    folder /= f"year={month.opened_at:%Y}/month={month.opened_at:%m}"
    others = [path for path in folder.glob("*.parquet") if path.name != FILE_NAME]
    if others:
        raise ConfigError(
            f"{others[0]}: order flow that was not exported here; expected an empty "
            f"folder or {FILE_NAME}: its rows would stand beside the exported ones"
        )
    return folder / FILE_NAME


def _months(paths: Paths, coin: str | None) -> list[_Month]:
    with _attached(paths) as connection:
        found = duck.rows(
            connection,
            "select coin, cast(event_at as date) as day, count(*) "
            f"from built.main.{_STAGING[0]} where coin = coalesce(?, coin) "
            "group by all order by all",
            [coin],
        )
    months: dict[tuple[str, int, int], list[tuple[datetime, int]]] = {}
    for name, day, rows in found:
        opened = datetime(day.year, day.month, day.day, tzinfo=UTC)
        months.setdefault((name, day.year, day.month), []).append((opened, rows))
    return [
        _Month(coin=name, days=tuple(days)) for (name, _, _), days in months.items()
    ]


@contextmanager
def _attached(paths: Paths) -> Iterator[duck.Connection]:
    file = database(paths, PROD)
    if not file.exists():
        raise DataError(f"no warehouse {file}; expected one; run `solalpha build`")
    connection = duck.memory()
    try:
        spill = duck.literal(str(paths.warehouse / "spill"))
        connection.execute(f"set temp_directory = {spill}")
        connection.execute(f"attach {duck.literal(str(file))} as built (read_only)")
        yield connection
    except duckdb.Error as error:
        refusal = duck.lock_refusal(file, error)
        raise refusal or DataError(
            f"order flow cannot be read: {duck.first_line(error)}"
        ) from error
    finally:
        connection.close()


def _write(job: _Job, month: _Month, target: Path) -> ExportedFile | None:
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
    with _attached(job.paths) as connection:
        for name in _STAGING:
            connection.execute(
                f"create view {name} as select * from built.main.{name} "
                f"where coin = {duck.literal(coin)} "
                f"and event_at >= {_moment(first)} and event_at < {_moment(closed)}"
            )
        for name in _TABLES:
            connection.execute(
                f"create view {name} as select * from built.main.{name} "
                f"where coin = {duck.literal(coin)}"
            )
        for name in _VIEWS:
            connection.execute(_definition(connection, name))
        table = connection.sql(
            "select timezone('UTC', event_at) as \"timestamp\", "
            f"* exclude ({', '.join(_KEYS)}) from {MODEL} "
            f"where event_at >= {_moment(opened)} order by event_at, sequence"
        ).to_arrow_table()
    return table.replace_schema_metadata({"solalpha_origin": job.origin})


def _definition(connection: duck.Connection, name: str) -> str:
    found = duck.rows(
        connection,
        "select sql from duckdb_views() where database_name = 'built' and "
        "schema_name = 'main' and view_name = ?",
        [name],
    )
    if not found:
        raise DataError(f"the warehouse holds no view {name}; run `solalpha build`")
    return str(found[0][0])


def _moment(moment: datetime) -> str:
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S}'"


def _put(temporary: Path, target: Path) -> None:
    _sync(temporary)
    temporary.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
