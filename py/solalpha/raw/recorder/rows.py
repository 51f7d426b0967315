"""Rows of raw tables from journal lines, in columns from the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import polars as pl

from solalpha.raw import numbers
from solalpha.raw.recorder.lines import FrameLine, GapLine
from solalpha.raw.recorder.wire import Message
from solalpha.raw.schemas import MOMENT, TABLES, TEXT

SOURCE = "hyperliquid"
TABLE_NAMES = ("trades", "book_snapshots", "asset_contexts", "recording_gaps")
AHEAD = "more than 60 s ahead of our clock"
NO_LINE = "unreadable line of the journal"
# A venue's clock further ahead than this is ours being wrong, or nonsense: a row
# from the future would close bars that are still open.
_LARGEST_LEAD = timedelta(seconds=60)
_RECEIVED = "received_at"
_EVENT_MS = "event_ms"


@dataclass(slots=True, kw_only=True)
class Batch:
    """Gather the rows of some lines by table, and count what is refused."""

    read: Callable[[bytes], Message]
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    refused_rows: dict[tuple[str, str], int] = field(default_factory=dict)
    frames: int = 0

    def add(self, line: FrameLine | GapLine | None) -> None:
        """Take one line."""
        if line is None:
            self._refuse(NO_LINE)
        elif isinstance(line, GapLine):
            self._add_gap(line)
        else:
            self._add_frame(line)

    def frame(self, table: str) -> pl.DataFrame:
        """Return the rows of ``table`` as it is stored, without ``ingest_id``."""
        found = self.rows.get(table, [])
        if table == "recording_gaps":
            return _gaps(found)
        frame = _typed(table, found)
        is_ahead = frame["event_at"] > frame[_RECEIVED] + _LARGEST_LEAD
        for coin in frame.filter(is_ahead)["coin"]:
            self._refuse(AHEAD, table, coin)
        return frame.filter(~is_ahead).drop(_RECEIVED)

    def _add_frame(self, line: FrameLine) -> None:
        self.frames += 1
        if line.why is not None:
            self._refuse(line.why)
            return
        message = self.read(line.data)
        for reason in message.refused:
            self._refuse(reason, message.table, message.coin)
        if message.table is not None:
            rows = self.rows.setdefault(message.table, [])
            rows += [{**row, _RECEIVED: line.received_at} for row in message.rows]

    def _add_gap(self, line: GapLine) -> None:
        row = {
            "coin": line.coin,
            "channel": line.channel,
            "gap_from": line.gap_from,
            "gap_to": line.gap_to,
            "reason": line.reason,
        }
        self.rows.setdefault("recording_gaps", []).append(row)

    def _refuse(
        self, reason: str, table: str | None = None, coin: str | None = None
    ) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1
        if table is not None and coin is not None:
            key = (table, coin)
            self.refused_rows[key] = self.refused_rows.get(key, 0) + 1


def _typed(table: str, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    columns = TABLES[table].columns
    exact = {n: t for n, t in columns.items() if isinstance(t, pl.Decimal)}
    skipped = {numbers.UNFIT, "event_at", "available_at", "source", "origin"}
    own = {
        name: TEXT if name in exact else dtype
        for name, dtype in columns.items()
        if name not in skipped | {"ingest_id"}
    }
    schema = {**own, _EVENT_MS: pl.Int64(), _RECEIVED: MOMENT}
    frame = numbers.exact(pl.DataFrame(rows, schema=schema), exact)
    event_at = (pl.col(_EVENT_MS) * 1_000).cast(MOMENT)
    frame = frame.with_columns(pl.coalesce(event_at, _RECEIVED).alias("event_at"))
    # Where the venue's clock leads ours, a row is not known before it happened.
    available_at = pl.max_horizontal("event_at", _RECEIVED)
    return _marked(frame.drop(_EVENT_MS), available_at)


def _gaps(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    own = ("coin", "channel", "gap_from", "gap_to", "reason")
    columns = TABLES["recording_gaps"].columns
    frame = pl.DataFrame(rows, schema={name: columns[name] for name in own})
    frame = frame.with_columns(pl.col("gap_to").alias("event_at"))
    return _marked(frame, pl.col("event_at"))


def _marked(frame: pl.DataFrame, available_at: pl.Expr) -> pl.DataFrame:
    return frame.with_columns(
        available_at.alias("available_at"),
        pl.lit(SOURCE).alias("source"),
        pl.lit("real").alias("origin"),
    )
