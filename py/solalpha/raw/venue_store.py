"""Store what the venue answered, count it, and keep the log of the run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import polars as pl

from solalpha.config import Paths
from solalpha.raw import ingest_log, lake
from solalpha.raw.ingest_log import IngestEntry
from solalpha.raw.schemas import table_schema
from solalpha.raw.summary import IngestSummary, edges

SOURCE = "hyperliquid"
# Tables of the venue with a folder per month.
MONTHLY = ("candles", "funding_rates")
# Others write for moments only: the recorder a part, an ingest of a file its rows.
_TRIES = 60
_PAUSE_S = 0.5

Sleep = Callable[[float], Awaitable[None]]
_Result = TypeVar("_Result")


@dataclass(slots=True, kw_only=True)
class Reading:
    """Count one series' part of a run while it goes on.

    ``received`` rows came; ``repeated`` of them repeat others of the same reply.
    The series is whole if its newest rows that are due came too.
    """

    table: str
    coin: str
    interval: str | None = None
    asked_from: datetime | None = None
    asked_to: datetime | None = None
    received: int = 0
    repeated: int = 0
    refused: int = 0
    added: int = 0
    duplicate: int = 0
    conflicting: int = 0
    repaired: int = 0
    is_empty_reply: bool = False
    is_whole: bool = True
    first_at: datetime | None = None
    last_at: datetime | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Name of the series: its rows carry it whenever they were read."""
        parts = (SOURCE, self.table, self.coin, self.interval)
        return "-".join(part for part in parts if part)

    def entry(self) -> IngestEntry:
        """Return the log's entry."""
        return IngestEntry(
            table=self.table,
            coin=self.coin,
            source=SOURCE,
            interval=self.interval,
            ingest_id=self.name,
            asked_from=self.asked_from,
            asked_to=self.asked_to,
            first_at=self.first_at,
            last_at=self.last_at,
            rows_read=self.received,
            added=self.added,
            duplicate=self.duplicate + self.repeated,
            conflicting=self.conflicting,
            refused=self.refused,
            repaired=self.repaired,
            is_empty_reply=self.is_empty_reply,
            note="; ".join(self.notes),
        )

    def summary(self) -> IngestSummary:
        """Return what the command line prints."""
        notes = list(self.notes)
        if self.interval:
            notes.insert(0, f"interval {self.interval}")
        if self.conflicting:
            notes.append(f"{self.conflicting} rows differ from stored: kept out")
        if self.repaired:
            notes.append(f"{self.repaired} rows fill holes")
        if self.refused:
            notes.append(f"{self.refused} rows refused")
        return IngestSummary(
            table=self.table,
            coin=self.coin,
            source=SOURCE,
            rows_read=self.received,
            added=self.added,
            duplicate=self.duplicate + self.repeated,
            conflicting=self.conflicting,
            first_at=self.first_at,
            last_at=self.last_at,
            notes=tuple(notes),
        )


@dataclass(slots=True, kw_only=True)
class VenueStore:
    """Append the rows of one run; the lock is held for moments, not for the run."""

    paths: Paths
    run_id: str
    now: Callable[[], datetime]
    sleep: Sleep = asyncio.sleep
    readings: list[Reading] = field(default_factory=list)
    _known: dict[str, pl.DataFrame] = field(default_factory=dict)

    async def require_real(self) -> None:
        """Refuse a lake of sample rows.

        Raises
        ------
        DataError
            If the lake holds sample rows or stays locked.
        """

        def act() -> None:
            with lake.writing(self.paths):
                lake.require_origin(self.paths, "real")

        await self._patiently(act)

    def stored(self, reading: Reading) -> pl.DataFrame:
        """Return the stored rows of the series in time order, as last written here."""
        if reading.name in self._known:
            return self._known[reading.name]
        frame = lake.read(self.paths, reading.table, reading.coin)
        chosen = pl.col("source") == SOURCE
        if reading.interval is not None:
            chosen &= pl.col("interval") == reading.interval
        frame = frame.filter(chosen).sort("event_at", maintain_order=True)
        self._known[reading.name] = frame
        return frame

    async def append(
        self, reading: Reading, frame: pl.DataFrame, stored: pl.DataFrame
    ) -> None:
        """Store ``frame`` and count what came of it in ``reading``."""
        if frame.is_empty():
            return
        marked = frame.with_columns(
            pl.lit(SOURCE).alias("source"), pl.lit("real").alias("origin")
        )
        self._known.pop(reading.name, None)
        result = await self._patiently(
            lambda: lake.append(
                self.paths, reading.table, marked, ingest_id=reading.name
            )
        )
        reading.added += result.added
        reading.duplicate += result.duplicate
        reading.conflicting += result.conflicting
        reading.repaired += _repaired(reading.table, marked, stored)
        first_at, last_at = edges(marked["event_at"])
        known = [t for t in (reading.first_at, first_at) if t is not None]
        reading.first_at = min(known, default=None)
        known = [t for t in (reading.last_at, last_at) if t is not None]
        reading.last_at = max(known, default=None)

    def log(self, reading: Reading) -> None:
        """Write the run's log with ``reading``; earlier ones stay in it."""
        if not any(known is reading for known in self.readings):
            self.readings.append(reading)
        ingest_log.write(
            self.paths,
            [each.entry() for each in self.readings],
            run_id=self.run_id,
            logged_at=self.now(),
        )

    async def seal_months(self, coin: str, moment: datetime) -> None:
        """Seal the coin's months that are over, of tables that are read through.

        The rest of an unfinished table becomes parts of its months first, as it does
        in a run that nothing stopped; both leave the same files.
        """
        unfinished = {read.table for read in self.readings if not read.is_whole}
        for table in MONTHLY:
            if table in unfinished:
                continue
            # Where another writes all the while, the next run seals.
            with contextlib.suppress(lake.LakeBusy):
                await self._patiently(
                    partial(lake.seal_months, self.paths, table, coin, moment=moment)
                )

    async def _patiently(self, act: Callable[[], _Result]) -> _Result:
        for _ in range(_TRIES - 1):
            try:
                return act()
            except lake.LakeBusy:
                await self.sleep(_PAUSE_S)
        return act()


def mark(stored: pl.DataFrame) -> str:
    """Return what tells one state of a stored series from another."""
    last = latest(stored)
    return f"{stored.height} rows to {last.isoformat() if last else 'none'}"


def latest(stored: pl.DataFrame) -> datetime | None:
    """Return the newest event of a stored series."""
    times: list[datetime] = stored["event_at"].tail(1).to_list()
    return times[0].astimezone(UTC) if times else None


def _repaired(table: str, frame: pl.DataFrame, stored: pl.DataFrame) -> int:
    newest = latest(stored)
    if newest is None:
        return 0
    key = list(table_schema(table).key)
    earlier = frame.filter(pl.col("event_at") < newest)
    return earlier.join(stored.select(key), on=key, how="anti").height
