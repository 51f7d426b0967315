"""Compare one table between two built warehouses, cell by cell, up to a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from solalpha.clock import aware
from solalpha.errors import DataError
from solalpha.warehouse import duck


@dataclass(frozen=True, slots=True, kw_only=True)
class TableComparison:
    """Count what differs in the rows that the first warehouse knew at the moment.

    ``cells`` counts rows times compared columns in the first warehouse,
    ``non_null_cells`` those of them that hold a value, and ``changed`` maps a
    column to the cells that differ, a row missing on one side included.
    """

    table: str
    rows: int
    columns: int
    cells: int
    non_null_cells: int
    changed: Mapping[str, int]


def compare_table(
    first: Path,
    second: Path,
    *,
    table: str,
    key: Sequence[str],
    known_at: str,
    moment: datetime,
    arrivals: Mapping[str, datetime],
    schema: str = "main",
    delay_s: int = 0,
) -> TableComparison:
    """Compare ``table`` of the databases ``first`` and ``second``.

    Parameters
    ----------
    key
        Columns that identify a row; never null.
    known_at
        Column that says when a row was known; rows known later are left out.
    moment
        The last moment that counts, inclusive.
    arrivals
        Coin to when its last row arrived in the second database's lake. Where that is
        earlier it replaces ``moment``: no bar can be known to be over after it.
    schema
        Where both databases keep the table.
    delay_s
        Seconds after ``known_at`` at which a row counts as known.

    Raises
    ------
    DataError
        If a database lacks the table or one of the columns.
    """
    connection = duck.memory()
    try:
        for name, path in (("one", first), ("two", second)):
            connection.execute(
                f"attach {duck.literal(str(path))} as {name} (read_only)"
            )
        place = f"{duck.quoted(schema)}.{duck.quoted(table)}"
        columns = [row[0] for row in duck.rows(connection, f"describe one.{place}")]
        known = _known(
            connection, columns, known_at, delay_s, moment=moment, arrivals=arrivals
        )
        return _compared(
            connection, table=table, place=place, columns=columns, key=key, known=known
        )
    except duck.Error as error:
        raise DataError(
            f"table {table} cannot be compared between {first} and {second}: "
            f"{duck.first_line(error)}"
        ) from error
    finally:
        connection.close()


def _known(
    connection: duck.Connection,
    columns: Sequence[str],
    known_at: str,
    delay_s: int,
    *,
    moment: datetime,
    arrivals: Mapping[str, datetime],
) -> str:
    # The condition that keeps what was known: by the moment, or by a coin's arrivals.
    until = aware(moment).replace(tzinfo=None)
    connection.execute("create table edges (coin varchar, edge timestamp)")
    for coin, arrived in arrivals.items():
        edge = min(aware(arrived).replace(tzinfo=None), until)
        connection.execute("insert into edges values (?, ?)", [coin, edge])
    default = f"timestamp {duck.literal(str(until))}"
    column = f"{duck.quoted(known_at)} + interval {delay_s} second"
    if "coin" not in columns:
        return f"where {column} <= {default}"
    arrival = "select edge from edges where edges.coin = known.coin"
    return f"as known where {column} <= coalesce(({arrival}), {default})"


def _compared(
    connection: duck.Connection,
    *,
    table: str,
    place: str,
    columns: list[str],
    key: Sequence[str],
    known: str,
) -> TableComparison:
    others = [name for name in columns if name not in key]
    keys = ", ".join(map(duck.quoted, key))
    counts = ["count(a.is_there)"]
    for name in others:
        column = duck.quoted(name)
        counts.append(f"count(a.{column})")
        counts.append(
            f"count(*) filter (where a.{column} is distinct from b.{column} "
            f"or a.is_there is null or b.is_there is null)"
        )
    # A row counts by when the first, later build says it was known: what a cut build
    # held as provisional may change. A row that only the second has must not vanish.
    sql = (
        f"with a as (select *, true as is_there from one.{place} {known}), "
        f"matched as (select *, true as is_there from two.{place} semi join a "
        f"using ({keys})), "
        f"vanished as (select *, true as is_there from (select * from two.{place} "
        f"{known}) anti join one.{place} using ({keys})), "
        "b as (select * from matched union all select * from vanished) "
        f"select {', '.join(counts)} from a full outer join b using ({keys})"
    )
    found = duck.rows(connection, sql)
    rows, *pairs = found[0]
    return TableComparison(
        table=table,
        rows=rows,
        columns=len(others),
        cells=rows * len(others),
        non_null_cells=sum(pairs[0::2]),
        changed={
            name: changed
            for name, changed in zip(others, pairs[1::2], strict=True)
            if changed
        },
    )
