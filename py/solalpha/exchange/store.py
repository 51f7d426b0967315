"""The paper exchange's own SQLite store: WAL, synchronous FULL, one writer.

Every action of the venue is one transaction, so that a kill at any moment leaves
either all of it or nothing.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from solalpha.errors import DataError, LimitBreach
from solalpha.exchange.rows import Account, Fill, FundingCharge, Order, Position

SCHEMA_VERSION = 1
_SCHEMA = """
create table clock (name text primary key, value integer not null);
create table accounts (
    address text primary key, start_usd text not null, raw_usd text not null,
    adjustment_usd text not null
);
create table leverages (
    address text not null, coin text not null, leverage integer not null,
    primary key (address, coin)
);
create table positions (
    address text not null, coin text not null, size text not null,
    entry_price text not null, funding_all_usd text not null,
    funding_open_usd text not null, primary key (address, coin)
);
create table orders (
    oid integer primary key, address text not null, coin text not null, cloid text,
    is_buy integer not null, limit_price text not null, size text not null,
    original_size text not null, is_reduce_only integer not null, tif text,
    trigger_price text, trigger_kind text, is_market_trigger integer not null,
    status text not null, status_ms integer not null, placed_ms integer not null
);
create index orders_by_cloid on orders (address, cloid);
create index orders_by_status on orders (status, address);
create table fills (
    tid integer not null, oid integer not null, cloid text, address text not null,
    coin text not null, is_buy integer not null, price text not null,
    size text not null, time_ms integer not null, start_position text not null,
    direction text not null, closed_pnl_usd text not null, fee_usd text not null,
    is_taker integer not null, is_liquidation integer not null,
    mark_price text not null, primary key (coin, time_ms, tid, oid)
);
create index fills_by_time on fills (address, time_ms);
create table funding (
    address text not null, coin text not null, hour_ms integer not null,
    size text not null, rate text, oracle_price text, usd text,
    primary key (address, coin, hour_ms)
);
create table nonces (
    signer text not null, nonce integer not null, primary key (signer, nonce)
);
"""
_DECIMALS = {
    "start_usd", "raw_usd", "adjustment_usd", "size", "entry_price",
    "funding_all_usd", "funding_open_usd", "limit_price", "original_size",
    "trigger_price", "price", "start_position", "closed_pnl_usd", "fee_usd",
    "mark_price", "rate", "oracle_price", "usd",
}  # fmt: skip
_FLAGS = {
    "is_buy", "is_reduce_only", "is_market_trigger", "is_taker", "is_liquidation",
}  # fmt: skip


class Store:
    """Hold the open store; made by ``open_store`` or ``read_store``."""

    def __init__(self, connection: sqlite3.Connection, lock: int | None) -> None:
        self._connection = connection
        self._lock = lock

    def close(self) -> None:
        """Close the file and let another writer in."""
        self._connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one durable step, or nothing of it."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def write(self, sql: str, values: tuple[Any, ...]) -> None:
        """Run one statement; decimals are stored as text."""
        self._connection.execute(sql, tuple(_stored(value) for value in values))

    def rows(self, sql: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        """Return the rows of a query with decimals and flags read back."""
        cursor = self._connection.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [
            {name: _read(name, value) for name, value in zip(names, row, strict=True)}
            for row in cursor
        ]

    def put(self, table: str, row: dict[str, Any]) -> None:
        """Insert ``row``, replacing the row that has its key."""
        self._insert("insert or replace", table, row)

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Insert ``row``; one with its key already there is an error."""
        self._insert("insert", table, row)

    def _insert(self, verb: str, table: str, row: dict[str, Any]) -> None:
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        self.write(
            f"{verb} into {table} ({names}) values ({marks})", tuple(row.values())
        )

    def clock(self, name: str) -> int | None:
        """Return a stored counter or moment (ms), None before the first."""
        found = self.rows("select value from clock where name = ?", (name,))
        return int(found[0]["value"]) if found else None

    def set_clock(self, name: str, value: int) -> None:
        """Store a counter or moment (ms)."""
        self.put("clock", {"name": name, "value": value})

    def next_oid(self) -> int:
        """Return an order id that was never given before."""
        oid = (self.clock("oid") or 0) + 1
        self.set_clock("oid", oid)
        return oid

    def account(self, address: str) -> Account | None:
        """Return an account, None where it never traded nor was created."""
        found = self.rows("select * from accounts where address = ?", (address,))
        return Account(**found[0]) if found else None

    def accounts(self) -> list[Account]:
        """Return all accounts by address."""
        found = self.rows("select * from accounts order by address", ())
        return [Account(**row) for row in found]

    def positions(self, address: str) -> list[Position]:
        """Return the open positions of an account by coin."""
        found = self.rows(
            "select * from positions where address = ? order by coin", (address,)
        )
        return [row for row in (Position(**row) for row in found) if row.size != 0]

    def position(self, address: str, coin: str) -> Position:
        """Return the position of an account in a coin; flat has size 0."""
        found = self.rows(
            "select * from positions where address = ? and coin = ?", (address, coin)
        )
        if found:
            return Position(**found[0])
        zero = Decimal(0)
        return Position(
            address=address,
            coin=coin,
            size=zero,
            entry_price=zero,
            funding_all_usd=zero,
            funding_open_usd=zero,
        )

    def leverage(self, address: str, coin: str) -> int | None:
        """Return the leverage that an account chose for a coin, None by default."""
        found = self.rows(
            "select leverage from leverages where address = ? and coin = ?",
            (address, coin),
        )
        return int(found[0]["leverage"]) if found else None

    def orders(self, where: str, values: tuple[Any, ...]) -> list[Order]:
        """Return the orders that fulfil a condition, oldest first."""
        found = self.rows(f"select * from orders where {where} order by oid", values)
        return [Order(**row) for row in found]

    def fills(self, where: str, values: tuple[Any, ...]) -> list[Fill]:
        """Return the fills that fulfil a condition, oldest first."""
        found = self.rows(
            f"select * from fills where {where} order by time_ms, rowid", values
        )
        return [Fill(**row) for row in found]

    def funding(self, address: str) -> list[FundingCharge]:
        """Return the funding charges of an account by hour, unknown ones included."""
        found = self.rows(
            "select * from funding where address = ? order by hour_ms, coin",
            (address,),
        )
        return [FundingCharge(**row) for row in found]


def open_store(path: Path) -> Store:
    """Open the store at ``path`` for writing, creating it where it is absent.

    Raises
    ------
    LimitBreach
        If another process has it open for writing.
    DataError
        If the file is no store of this version.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise LimitBreach(
            f"paper exchange {path} is open in another process; expected one writer"
        ) from error
    try:
        connection = _connected(path, "rwc")
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    except BaseException:
        os.close(lock)
        raise
    return Store(connection, lock)


def read_store(path: Path) -> Store:
    """Open the store at ``path`` for reading beside its writer.

    Raises
    ------
    DataError
        If it is absent or no store of this version.
    """
    if not path.is_file():
        raise DataError(f"no paper exchange at {path}; expected a store")
    connection = _connected(path, "ro")
    version = connection.execute("pragma user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        connection.close()
        raise DataError(f"{path}: version {version}; expected {SCHEMA_VERSION}")
    return Store(connection, None)


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=5.0,
    )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        version = connection.execute("pragma user_version").fetchone()[0]
        if version == 0:
            connection.executescript(
                f"begin immediate; {_SCHEMA} pragma user_version = {SCHEMA_VERSION};"
                " commit;"
            )
            version = SCHEMA_VERSION
        state = connection.execute("pragma quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise DataError(f"{path} is no paper exchange store: {error}") from error
    if version != SCHEMA_VERSION or state != "ok":
        raise DataError(
            f"{path}: version {version}, check {state}; expected {SCHEMA_VERSION}, ok"
        )


def _stored(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    return int(value) if isinstance(value, bool) else value


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _DECIMALS:
        return Decimal(value)
    return bool(value) if name in _FLAGS else value
