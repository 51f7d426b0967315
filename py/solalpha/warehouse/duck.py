"""Connections to DuckDB and its error messages, in one place.

Times are naive UTC inside DuckDB and aware UTC in the frames that leave this room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from solalpha.errors import ConfigError, DataError

Connection = duckdb.DuckDBPyConnection
Error = duckdb.Error

CLOSED = "it was closed before; expected an open version: open it again"
_HOLDER = re.compile(r"lock is held in (?P<program>\S+)(?: \(PID (?P<pid>\d+)\))?")
_BLIND: Mapping[str, Any] = {"python_enable_replacements": False}


def memory() -> Connection:
    """Open an empty database in memory, UTC, blind to Python's variables."""
    connection = duckdb.connect(":memory:", config=dict(_BLIND))
    _prepare(connection)
    return connection


def read_only(path: Path) -> Connection:
    """Open the database at ``path`` for reading; no other file can be reached.

    It is attached to an instance of its own, so that readers in one process do not
    share settings.
    """
    connection = memory()
    try:
        connection.execute(f"attach {literal(str(path))} as published (read_only)")
        connection.execute("use published")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def writable(path: Path) -> Connection:
    """Open the database at ``path`` for writing, UTC."""
    connection = duckdb.connect(str(path))
    _prepare(connection)
    return connection


def _prepare(connection: Connection) -> None:
    connection.execute("set TimeZone = 'UTC'")
    # DuckDB takes a process without a main file, as the audits' own are, for a person
    # at a prompt, and draws its bar on the standard output. In a notebook without
    # widgets it refuses the very question, and has no bar to draw.
    with suppress(duckdb.InvalidInputException):
        connection.execute("set enable_progress_bar = false")


def rows(
    connection: Connection, sql: str, parameters: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    """Run ``sql`` and return every row as a tuple.

    Raises
    ------
    ConfigError
        If the connection was closed before.
    """
    try:
        return list(connection.execute(sql, list(parameters)).fetchall())
    except duckdb.ConnectionException as error:
        raise ConfigError(CLOSED) from error


def as_utc(frame: pl.DataFrame) -> pl.DataFrame:
    """Mark the naive timestamps of ``frame`` as UTC; they are UTC in the tables."""
    naive = [
        name
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Datetime) and kind.time_zone is None
    ]
    return frame.with_columns(pl.col(naive).dt.replace_time_zone("UTC"))


def quoted(name: str) -> str:
    """Return ``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return ``text`` as a quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"


def first_line(message: object) -> str:
    """Return the first line of a message that says something."""
    lines = (line.strip() for line in str(message).splitlines())
    return next((line for line in lines if line), "no message")


def lock_refusal(path: Path, message: object) -> DataError | None:
    """Return the refusal that a lock message means, None where it is another fault."""
    text = str(message)
    if "different configuration" in text:
        holder = "a connection of this process"
    elif "Could not set lock" in text or "lock is held" in text:
        found = _HOLDER.search(text)
        program = found["program"] if found else "another process"
        pid = f" (process {found['pid']})" if found and found["pid"] else ""
        holder = Path(program).name + pid
    else:
        return None
    return DataError(
        f"warehouse {path} is held by {holder}; expected nobody; close it or wait for "
        "it to end, then build again (analysts read the published copy instead)"
    )


def first_row(path: Path, sql: str) -> str | None:
    """Return the first row of ``sql`` in the database at ``path``, None without one."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            found = connection.execute(sql)
            names = [column[0] for column in found.description]
            row = found.fetchone()
    except duckdb.Error:
        return None
    if row is None:
        return None
    return ", ".join(f"{n}={v}" for n, v in zip(names, row, strict=True))


def require_free(path: Path) -> None:
    """Refuse a database file that someone holds or that is damaged.

    Raises
    ------
    DataError
        If the file at ``path`` exists and cannot be opened for writing.
    """
    if not path.exists():
        return
    try:
        duckdb.connect(str(path)).close()
    except duckdb.Error as error:
        refusal = lock_refusal(path, error)
        raise refusal or DataError(
            f"warehouse {path} cannot be opened ({first_line(error)}); everything "
            "in it is made by a build: move it away and build again"
        ) from error


def has_table(connection: Connection, schema: str, table: str) -> bool:
    """Return whether the schema holds a table of this name."""
    sql = "select 1 from duckdb_tables() where schema_name = ? and table_name = ?"
    return bool(rows(connection, sql, [schema, table]))
