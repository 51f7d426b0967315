"""The order ledger: SQLite, WAL, synchronous FULL; events are only ever added.

Each change of state is one transaction with the event that tells of it, so a
kill at any moment leaves both or neither. Events are chained by their digests.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from solalpha.clock import EPOCH, to_us
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.execution.ledger_schema import (
    DECIMAL_COLUMNS,
    FLAG_COLUMNS,
    MOMENT_COLUMNS,
    SCHEMA,
    SCHEMA_VERSION,
)

FILE_NAME = "orders.sqlite"


class Ledger:
    """Hold the open ledger; made by ``open_ledger`` or ``read_ledger``."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one durable step; nested use joins the outer one.

        Raises
        ------
        DataError
            If the file cannot be written, as on a full disk; nothing was changed.
        """
        if self._connection.in_transaction:
            yield
            return
        try:
            self._connection.execute("begin immediate")
            yield
            self._connection.execute("commit")
        except sqlite3.OperationalError as error:
            self._roll_back()
            raise DataError(f"{self.path} cannot be written: {error}") from error
        except BaseException:
            self._roll_back()
            raise

    def rows(self, sql: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        """Return the rows of a query; decimals, moments and flags are read back."""
        cursor = self._connection.execute(sql, tuple(_stored(v) for v in values))
        names = [column[0] for column in cursor.description]
        return [
            {name: _read(name, value) for name, value in zip(names, row, strict=True)}
            for row in cursor
        ]

    def add(self, table: str, row: Mapping[str, Any]) -> bool:
        """Insert ``row`` unless its key is there; tell whether it was added."""
        return self._insert("insert or ignore", table, row) > 0

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert ``row``, replacing the row that has its key."""
        self._insert("insert or replace", table, row)

    def change(
        self, table: str, key: str, value: str, changes: Mapping[str, Any]
    ) -> None:
        """Change columns of the one row whose ``key`` is ``value``."""
        names = ", ".join(f"{name} = ?" for name in changes)
        cursor = self._connection.execute(
            f"update {table} set {names} where {key} = ?",
            (*(_stored(item) for item in changes.values()), value),
        )
        if cursor.rowcount != 1:
            raise DataError(f"{self.path}: no row of {table} with {key} {value}")

    def counter(self, name: str) -> int:
        """Return a stored counter, 0 before the first."""
        found = self.rows("select value from counters where name = ?", (name,))
        return int(found[0]["value"]) if found else 0

    def set_counter(self, name: str, value: int) -> None:
        """Store a counter."""
        self.put("counters", {"name": name, "value": value})

    def note(
        self, at: datetime, kind: str, subject: str, detail: Mapping[str, Any]
    ) -> None:
        """Append an event; its digest covers it and every event before it."""
        text = json.dumps({k: _plain(v) for k, v in detail.items()}, sort_keys=True)
        last = self.rows("select digest from events order by seq desc limit 1", ())
        before = last[0]["digest"] if last else ""
        row = {"at_us": to_us(at), "kind": kind, "subject": subject, "detail": text}
        self._insert("insert", "events", row | {"digest": _digest(before, row)})

    def verify(self) -> int:
        """Check the file and the chain of events and return the number of events.

        Raises
        ------
        DataError
            If a page or an event was altered, or one is missing in between.
        """
        state = self._connection.execute("pragma integrity_check").fetchone()[0]
        if state != "ok":
            raise DataError(f"{self.path} is damaged: {state}; restore a backup")
        before, seq = "", 0
        for seq, row in enumerate(
            self.rows("select * from events order by seq", ()), 1
        ):
            facts = {key: row[key] for key in ("at_us", "kind", "subject", "detail")}
            before = _digest(before, facts)
            if row["seq"] != seq or row["digest"] != before:
                raise DataError(
                    f"{self.path}: event {row['seq']} does not follow from the one "
                    "before; restore a backup"
                )
        return seq

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("rollback")

    def _insert(self, verb: str, table: str, row: Mapping[str, Any]) -> int:
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        cursor = self._connection.execute(
            f"{verb} into {table} ({names}) values ({marks})",
            tuple(_stored(value) for value in row.values()),
        )
        return cursor.rowcount


def ledger_path(paths: Paths) -> Path:
    """Return where the ledger of a data directory lies."""
    return paths.ledger / FILE_NAME


def open_ledger(path: Path) -> Ledger:
    """Open the ledger for writing, creating it where it is absent.

    Raises
    ------
    DataError
        If the file is damaged or of another version.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connected(path, "rwc")
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        if connection.execute("pragma user_version").fetchone()[0] == 0:
            connection.executescript(
                f"begin immediate; {SCHEMA} pragma user_version = {SCHEMA_VERSION};"
                " commit;"
            )
        _require_sound(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DataError(f"{path} is no ledger: {error}; restore a backup") from error
    except BaseException:
        connection.close()
        raise
    return Ledger(connection, path)


def read_ledger(path: Path) -> Ledger | None:
    """Open the ledger for reading beside its writer, None where there is none yet."""
    if not path.is_file():
        return None
    connection = _connected(path, "ro")
    try:
        _require_sound(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DataError(f"{path} is no ledger: {error}; restore a backup") from error
    except BaseException:
        connection.close()
        raise
    return Ledger(connection, path)


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=5.0,
    )


def _require_sound(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("pragma user_version").fetchone()[0]
    state = connection.execute("pragma quick_check").fetchone()[0]
    if version != SCHEMA_VERSION or state != "ok":
        raise DataError(
            f"{path}: version {version}, check {state}; expected version "
            f"{SCHEMA_VERSION}, check ok"
        )


def _digest(before: str, row: Mapping[str, Any]) -> str:
    text = json.dumps([before, *row.values()], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, Decimal | Enum):
        return str(value)
    return value


def _stored(value: object) -> object:
    plain = _plain(value)
    return int(plain) if isinstance(plain, bool) else plain


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    # A decision's price is a statistic (real), a fill's is money (text).
    if name in DECIMAL_COLUMNS and isinstance(value, str):
        return Decimal(value)
    if name in MOMENT_COLUMNS:
        return EPOCH + timedelta(microseconds=value)
    return bool(value) if name in FLAG_COLUMNS else value
