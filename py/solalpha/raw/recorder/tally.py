"""What a recording did, counted: per table and coin, and in all."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from solalpha.raw.ingest_log import IngestEntry
from solalpha.raw.recorder.rows import SOURCE, TABLE_NAMES
from solalpha.raw.recorder.wire import Message

_LAGS_KEPT = 1001
# Prints sent again on subscribing are old; books and quotes are of the moment.
_TIMELY = ("l2Book", "l2Book_fast", "bbo")


@dataclass(slots=True, kw_only=True)
class TableCount:
    """Count the rows of one table and coin since the recording began."""

    rows_read: int = 0
    added: int = 0
    duplicate: int = 0
    conflicting: int = 0
    refused: int = 0
    repaired: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    ingest_id: str = ""

    def stretch(self, first: datetime, last: datetime) -> None:
        """Take in the range of some rows' event times."""
        self.first_at = min(first, self.first_at or first)
        self.last_at = max(last, self.last_at or last)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Gather the counts of one recording."""

    tables: dict[tuple[str, str], TableCount] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    frames: int = 0
    frame_bytes: int = 0
    recovered_frames: int = 0
    torn_bytes: int = 0
    losses: int = 0
    gaps: int = 0
    flushes: int = 0
    postponed: int = 0
    sealed: int = 0
    problem: str | None = None
    lowest_lag_ms: float | None = None
    _lags: deque[float] = field(default_factory=lambda: deque(maxlen=_LAGS_KEPT))

    def table(self, table: str, coin: str) -> TableCount:
        """Return the counts of a table and coin, new ones at first."""
        return self.tables.setdefault((table, coin), TableCount())

    def note_lag(self, message: Message, received_at: datetime) -> None:
        """Compare the venue's clock in a timely frame with ours at its receipt."""
        if message.venue_ms is None or message.channel not in _TIMELY:
            return
        lag_ms = received_at.timestamp() * 1_000 - message.venue_ms
        self._lags.append(lag_ms)
        lowest = self.lowest_lag_ms
        self.lowest_lag_ms = lag_ms if lowest is None else min(lag_ms, lowest)

    def entries(self) -> list[IngestEntry]:
        """Return the counts for the ingest log."""
        return [
            IngestEntry(
                table=table,
                coin=coin,
                source=SOURCE,
                interval=None,
                ingest_id=count.ingest_id,
                asked_from=None,
                asked_to=None,
                first_at=count.first_at,
                last_at=count.last_at,
                rows_read=count.rows_read,
                added=count.added,
                duplicate=count.duplicate,
                conflicting=count.conflicting,
                refused=count.refused,
                repaired=count.repaired,
                is_empty_reply=False,
                note="recorded",
            )
            for (table, coin), count in sorted(self.tables.items())
        ]

    def summary(self) -> dict[str, Any]:
        """Return the counts for a person or a script.

        ``clock_behind_ms`` is how far our clock is behind the venue's at the least;
        0 where nothing arrived before it happened.
        """
        lags, lowest = list(self._lags), self.lowest_lag_ms
        return {
            "frames": self.frames,
            "frame_bytes": self.frame_bytes,
            "recovered_frames": self.recovered_frames,
            "torn_bytes": self.torn_bytes,
            "tables": {name: self._rows_of(name) for name in TABLE_NAMES},
            "refused": dict(sorted(self.refused.items())),
            "lost_connections": self.losses,
            "gaps": self.gaps,
            "flushes": self.flushes,
            "postponed_flushes": self.postponed,
            "sealed_days": self.sealed,
            "problem": self.problem,
            "lag_median_ms": round(statistics.median(lags), 1) if lags else None,
            "lag_lowest_ms": None if lowest is None else round(lowest, 1),
            "clock_behind_ms": 0.0 if lowest is None else max(0.0, round(-lowest, 1)),
        }

    def _rows_of(self, name: str) -> dict[str, int]:
        counts = [count for (table, _), count in self.tables.items() if table == name]
        return {
            "added": sum(count.added for count in counts),
            "duplicate": sum(count.duplicate for count in counts),
            "conflicting": sum(count.conflicting for count in counts),
        }
