"""Look at warehouse files from outside, with DuckDB alone."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import duckdb

_BUILD_INFO = "build_info"
# SQL over both databases, which are attached as `one` and `two`.
_UNLIKE = (
    "select count(*) from ((from one.{table} except all from two.{table})"
    " union all (from two.{table} except all from one.{table}))"
)


def tables(file: Path) -> set[str]:
    """Return schema and name of every table in ``file``."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
    return {name for (name,) in found}


def unlike(one: Path, two: Path) -> dict[str, int]:
    """Return tables whose rows differ, with the number of rows on one side only.

    A table that only one file has counts -1. The description of the build is no row
    of the market and is left out.
    """
    both = tables(one) & tables(two)
    found = dict.fromkeys(tables(one) ^ tables(two), -1)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{two}' as two (read_only)")
        for table in sorted(both):
            if table.endswith(f".{_BUILD_INFO}"):
                continue
            ((count,),) = connection.execute(_UNLIKE.format(table=table)).fetchall()
            if count:
                found[table] = count
    return found


def build_id(file: Path) -> str | None:
    """Return the id that a published file tells, None where it cannot be read."""
    with (
        contextlib.suppress(duckdb.Error),
        duckdb.connect(str(file), read_only=True) as c,
    ):
        return str(c.execute("select build_id from build_info").fetchall()[0][0])
    return None


def rows(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of ``sql``."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return list(connection.execute(sql).fetchall())
