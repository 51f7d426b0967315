"""The models of recorded order flow, over a few days of raw rows at a time.

The SQL is dbt's: a built warehouse holds it as views. They are defined again in
memory, over staging that is cut to one coin and some days.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.warehouse import duck
from solalpha.warehouse.build import PROD, database

MODEL = "int_order_flow_measured_to_snapshots"
_STAGING = ("stg_hyperliquid__book_snapshots", "stg_hyperliquid__trades")
_TABLES = (
    "int_book_levels_measured_to_bars",
    "int_trades_split_to_volume_buckets",
)
# The views between the raw rows and the model, each after those it reads.
_VIEWS = (
    "int_book_snapshots_quoted_to_rows",
    "int_trades_matched_to_quotes",
    "int_trades_cumulated_to_moments",
    "int_volume_buckets_measured_to_moments",
    "int_trades_awaited_to_snapshots",
    "int_trades_measured_to_snapshots",
    "int_book_snapshots_measured_to_order_flow",
    MODEL,
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Hold a coin's days that have books in one month, with their number."""

    coin: str
    days: tuple[tuple[datetime, int], ...]

    @property
    def opened_at(self) -> datetime:
        """Return the month's first midnight."""
        return self.days[0][0].replace(day=1)

    def chunks(self, chunk_rows: int) -> list[tuple[datetime, datetime]]:
        """Return runs of days that hold so many books, or one day that holds more."""
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


def months_of(paths: Paths, coin: str | None) -> list[Month]:
    """Return the months in which ``coin``, or any coin, has recorded books."""
    with attached(paths) as connection:
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
    return [Month(coin=name, days=tuple(days)) for (name, _, _), days in months.items()]


@contextmanager
def attached(paths: Paths) -> Iterator[duck.Connection]:
    """Open an empty database beside the built warehouse, which is ``built`` in it.

    Raises
    ------
    DataError
        If nothing was built, someone holds the warehouse, or a statement fails.
    """
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


def stand_over(
    connection: duck.Connection, coin: str, first: datetime, closed: datetime
) -> None:
    """Define the models over the rows of ``coin`` in ``[first, closed)``."""
    opened_at, closed_at = moment_literal(first), moment_literal(closed)
    for name in _STAGING:
        connection.execute(
            f"create view {name} as select * from built.main.{name} "
            f"where coin = {duck.literal(coin)} "
            f"and event_at >= {opened_at} and event_at < {closed_at}"
        )
    for name in _TABLES:
        connection.execute(
            f"create view {name} as select * from built.main.{name} "
            f"where coin = {duck.literal(coin)}"
        )
    for name in _VIEWS:
        connection.execute(_definition(connection, name))


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


def moment_literal(moment: datetime) -> str:
    """Return a moment as a naive UTC timestamp of SQL."""
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S}'"
