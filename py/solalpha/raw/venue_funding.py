"""Read settled funding page by page and store it a whole month at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from solalpha import clock
from solalpha.raw import venue_rows
from solalpha.raw.venue_candles import CONFIRM_PAUSE_S, CONFIRMATIONS
from solalpha.raw.venue_reader import InfoReader
from solalpha.raw.venue_store import Reading, VenueStore, latest

FUNDING_BEGAN = datetime(2023, 5, 12, tzinfo=UTC)
# Settlements asked for again on a resume: late ones can appear in the last few.
TRAIL = timedelta(days=1)
_HOUR = timedelta(hours=1)
_STEP = timedelta(milliseconds=1)


async def read_funding(
    reader: InfoReader,
    store: VenueStore,
    reading: Reading,
    *,
    since: datetime | None,
    moment: datetime,
    delay_s: int,
) -> datetime | None:
    """Store the settlements from ``since`` and count them in ``reading``.

    Parameters
    ----------
    since
        None goes on from what is stored, a day earlier; else from the beginning.
    delay_s
        Seconds after the hour until its settlement is expected to be there.

    Returns
    -------
    datetime or None
        When the next settlement is expected; None if the last one is missing.
    """
    last = latest(store.stored(reading))
    start = since or (last and last - TRAIL) or FUNDING_BEGAN
    due = clock.EPOCH + (moment - timedelta(seconds=delay_s) - clock.EPOCH) // (
        _HOUR
    ) * (_HOUR)
    reading.asked_from, reading.asked_to = start, moment
    pages = _Pages(reader, store, reading, start, moment, due, delay_s)
    is_whole = await pages.all()
    return due + _HOUR + timedelta(seconds=delay_s) if is_whole else None


@dataclass(slots=True)
class _Pages:
    reader: InfoReader
    store: VenueStore
    reading: Reading
    start: datetime
    until: datetime
    due: datetime
    delay_s: int
    held: list[Any] = field(default_factory=list)
    empty: int = 0

    async def all(self) -> bool:
        """Read until the last due settlement is there or its lack is confirmed."""
        begin, doubts, total = self.start, 0, 0
        is_whole = self.start > self.due
        while True:
            rows = await self._page(begin)
            if rows:
                doubts, total = 0, total + len(rows)
                self.held += rows
                begin = rows[-1].settled_at + _STEP
                await self._flush(before=_month(rows[-1].settled_at))
                is_whole = is_whole or begin > self.due
            else:
                doubts += 1
            if is_whole or doubts > CONFIRMATIONS or begin > self.until:
                break
            if doubts:
                await self.store.sleep(CONFIRM_PAUSE_S)
        await self._flush(before=None)
        self._tell(total, begin, is_whole=is_whole)
        return is_whole

    async def _page(self, begin: datetime) -> list[Any]:
        page = await self.reader.funding_page(
            self.reading.coin, since=begin, until=self.until
        )
        self.reading.received += page.received
        self.reading.repeated += page.duplicate
        self.reading.refused += len(page.refused)
        self.empty += not page.received
        return list(page.rows)

    async def _flush(self, *, before: datetime | None) -> None:
        # A month is stored when it is whole, the last one at the end.
        ready = [r for r in self.held if before is None or r.settled_at < before]
        if not ready:
            return
        self.held = self.held[len(ready) :]
        months = sorted({_month(row.settled_at) for row in ready})
        for month in months:
            rows = [row for row in ready if _month(row.settled_at) == month]
            stored = self.store.stored(self.reading)
            frame = venue_rows.funding_rows(
                rows, stored, coin=self.reading.coin, delay_s=self.delay_s
            )
            await self.store.append(self.reading, frame, stored)

    def _tell(self, total: int, begin: datetime, *, is_whole: bool) -> None:
        window = f"from {clock.iso(begin)} to {clock.iso(self.until)}"
        if not is_whole:
            self.reading.is_empty_reply = True
            self.reading.notes.append(f"no rows returned {window}")
        elif self.empty and total:
            self.reading.notes.append(f"{self.empty} empty replies, asked again")


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
