"""Export the ledger for analysts: one parquet file per table and UTC day, whole.

Exact decimals stay in the ledger; the files hold doubles. A file appears at once
or not at all, and is rewritten only when its day changed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from solalpha.config import Paths
from solalpha.execution.ledger import Ledger, ledger_path, read_ledger

_TEXT, _REAL, _FLAG = pl.String(), pl.Float64(), pl.Boolean()
_SHORT, _LONG = pl.Int32(), pl.Int64()
_MOMENT = pl.Datetime("us", "UTC")
_OWNER = {"venue": _TEXT, "account": _TEXT}
TABLES: Mapping[str, Mapping[str, pl.DataType]] = {
    "decisions": {
        "decision_id": _TEXT,
        **_OWNER,
        "coin": _TEXT,
        "bar_closed_at": _MOMENT,
        "decided_at": _MOMENT,
        "policy": _TEXT,
        "model_id": _TEXT,
        "probability_up": _REAL,
        "regime": _SHORT,
        "sentiment": _REAL,
        "quality_verdict": _TEXT,
        "price": _REAL,
        "atr": _REAL,
        "position_before_base": _REAL,
        "target_base": _REAL,
        "gates": _TEXT,
        "risk_state": _TEXT,
        "parameters_fingerprint": _TEXT,
        "build_id": _TEXT,
    },
    "orders": {
        "order_id": _TEXT,
        "decision_id": _TEXT,
        **_OWNER,
        "coin": _TEXT,
        "bar_closed_at": _MOMENT,
        "leg": _TEXT,
        "attempt": _SHORT,
        "side": _TEXT,
        "size_base": _REAL,
        "limit_price": _REAL,
        "is_reduce_only": _FLAG,
        "kind": _TEXT,
        "state": _TEXT,
        "venue_order_id": _LONG,
        "reject_reason": _TEXT,
        "intended_at": _MOMENT,
        "sent_at": _MOMENT,
        "updated_at": _MOMENT,
    },
    "fills": {
        "fill_id": _TEXT,
        "order_id": _TEXT,
        **_OWNER,
        "coin": _TEXT,
        "side": _TEXT,
        "size_base": _REAL,
        "price": _REAL,
        "fee_usd": _REAL,
        "mid_at_decision": _REAL,
        "is_taker": _FLAG,
        "filled_at": _MOMENT,
    },
    "equity": {
        **_OWNER,
        "marked_at": _MOMENT,
        "equity_usd": _REAL,
        "cash_usd": _REAL,
        "position_base": _REAL,
        "mark_price": _REAL,
        "unrealised_usd": _REAL,
        "funding_paid_usd": _REAL,
        "peak_equity_usd": _REAL,
        "risk_state": _TEXT,
    },
    "positions": {
        **_OWNER,
        "coin": _TEXT,
        "marked_at": _MOMENT,
        "position_base": _REAL,
        "entry_price": _REAL,
        "mark_price": _REAL,
        "unrealised_usd": _REAL,
        "liquidation_price": _REAL,
    },
    "risk_events": {
        "event_id": _TEXT,
        **_OWNER,
        "happened_at": _MOMENT,
        "state_from": _TEXT,
        "state_to": _TEXT,
        "code": _TEXT,
        "detail": _TEXT,
    },
}
# The moment that decides a row's day, and what makes the order of rows total.
_DAYS = {
    "decisions": ("decided_at", "decision_id"),
    "orders": ("intended_at", "order_id"),
    "fills": ("filled_at", "fill_id"),
    "equity": ("marked_at", "venue, account"),
    "positions": ("marked_at", "venue, account, coin"),
    "risk_events": ("happened_at", "event_id"),
}


def export_ledger(paths: Paths) -> dict[str, int]:
    """Write the ledger's tables under ``results`` and return rows per table.

    Files of days that the ledger no longer has are removed; without a ledger there
    is nothing to write and every table has 0 rows.
    """
    ledger = read_ledger(ledger_path(paths))
    counts = {}
    for table in TABLES:
        frame = empty_frame(table) if ledger is None else table_frame(ledger, table)
        _write_days(paths.results / table, frame, _DAYS[table][0])
        counts[table] = frame.height
    if ledger is not None:
        ledger.close()
    return counts


def empty_frame(table: str) -> pl.DataFrame:
    """Return a table without rows, typed."""
    return pl.DataFrame(schema=dict(TABLES[table]))


def table_frame(ledger: Ledger, table: str) -> pl.DataFrame:
    """Return a table of the ledger in time order, decimals as doubles."""
    moment, tie = _DAYS[table]
    names = ", ".join(TABLES[table])
    rows = ledger.rows(f"select {names} from {table} order by {moment}, {tie}", ())
    plain = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return pl.DataFrame(plain, schema=dict(TABLES[table]))


def _write_days(folder: Path, frame: pl.DataFrame, moment: str) -> None:
    days = frame.with_columns(pl.col(moment).dt.strftime("%Y-%m-%d").alias("_day"))
    wanted = set()
    for (day,), part in days.group_by("_day", maintain_order=True):
        path = folder / f"{day}.parquet"
        wanted.add(path)
        rows = part.drop("_day")
        if not (path.is_file() and pl.read_parquet(path).equals(rows)):
            _write(path, rows)
    for path in set(folder.glob("*.parquet")) - wanted:
        path.unlink()


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"
    frame.write_parquet(temporary, compression="zstd")
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
