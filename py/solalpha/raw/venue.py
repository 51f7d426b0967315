"""Fill the raw tables from the venue's reads, whole months at a time.

The client that asks is handed in, so that this room knows rows and no wire. What a
run stores depends on what the venue holds and on nothing else: rows go into the
lake a month at a time, so that a run that was stopped anywhere and started again
leaves the same files as one that was not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError, VenueError
from solalpha.parameters import Parameters
from solalpha.raw import venue_rows
from solalpha.raw.intervals import candle_seconds
from solalpha.raw.summary import IngestSummary
from solalpha.raw.validation import check_coin
from solalpha.raw.venue_cache import CacheEntry, VenueCache
from solalpha.raw.venue_candles import CONFIRM_PAUSE_S, CONFIRMATIONS, read_candles
from solalpha.raw.venue_funding import read_funding
from solalpha.raw.venue_holes import HOLES_EXPIRY, fill_candles, fill_funding
from solalpha.raw.venue_reader import InfoReader
from solalpha.raw.venue_store import SOURCE, Reading, Sleep, VenueStore, mark

__all__ = ["INTERVALS", "InfoReader", "VenueIngest", "ingest_hyperliquid"]

Progress = Callable[[str, int, int], None]

INTERVALS = ("1h", "5m")
# A second look within this time adds nothing that a bar could use.
_LIVE_EXPIRY = timedelta(seconds=60)
# The last few trades show that the market lives and fill no gap: the recorder does.
# Asked for every hour they would be a fifth of what a repeated run spends.
_TRADES_EXPIRY = timedelta(hours=2)
# Series that may fail before the rest is given up.
_FAILURES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueIngest:
    """Hold what a run did.

    Attributes
    ----------
    unfinished
        Series whose newest rows the venue did not give: run again later.
    clock_skew_s
        Our clock minus the venue's.
    """

    tables: tuple[IngestSummary, ...]
    unfinished: tuple[str, ...]
    clock_skew_s: float


async def ingest_hyperliquid(
    paths: Paths,
    parameters: Parameters,
    *,
    coin: str,
    since: datetime | None,
    client: AbstractAsyncContextManager[InfoReader],
    intervals: Sequence[str],
    now: Callable[[], datetime] = clock.now,
    sleep: Sleep = asyncio.sleep,
    progress: Progress | None = None,
) -> VenueIngest:
    """Store what the venue has of ``coin`` and the lake has not.

    Parameters
    ----------
    since
        Earliest event wanted; None goes on from what is stored, else takes all.
    client
        An unopened client of the venue's reads.
    now, sleep
        Our clock and how to wait: for the lake's lock, and before an odd answer is
        asked for again.

    Returns
    -------
    VenueIngest
        Context, book, trades, settled funding, then one per candle interval.

    Raises
    ------
    DataError
        If the venue does not list ``coin``, or the lake holds sample rows.
    VenueError
        If the venue cannot be reached or answers nonsense; what was stored stays,
        and a second run goes on from there.
    ConfigError
        If our clock is too far from the venue's.
    """
    check_coin(coin)
    for interval in intervals:
        candle_seconds(interval)
    moment = now()
    run_id = f"{SOURCE}-{coin.replace(':', '_')}-{clock.compact(moment)}"
    store = VenueStore(paths=paths, run_id=run_id, now=now, sleep=sleep)
    await store.require_real()
    cache = VenueCache.open(paths, coin)
    async with client as reader:
        skew_s = await reader.clock_skew_s()
        job = _Job(parameters, coin, since, moment, store, cache, reader)
        steps = [job.context, job.book, job.trades, job.funding]
        steps += [partial(job.candles, interval) for interval in intervals]
        done = await _all_of(steps, f"{SOURCE} {coin}", progress)
    await store.seal_months(coin, moment)
    unfinished = tuple(read.name for read in store.readings if not read.is_whole)
    return VenueIngest(tables=done, unfinished=unfinished, clock_skew_s=skew_s)


async def _all_of(
    steps: Sequence[Callable[[], Awaitable[IngestSummary]]],
    label: str,
    progress: Progress | None,
) -> tuple[IngestSummary, ...]:
    # One series that the venue answers badly does not keep the others out.
    done: list[IngestSummary] = []
    failures: list[VenueError] = []
    for number, step in enumerate(steps, start=1):
        try:
            done.append(await step())
        except VenueError as error:
            failures.append(error)
            if len(failures) >= _FAILURES:
                break
        if progress is not None:
            progress(label, number, len(steps))
    if failures:
        kept = f"{len(done)} of {len(steps)} series are stored; run again for the rest"
        failures[0].args = (f"{failures[0]} ({kept})",)
        raise failures[0]
    return tuple(done)


@dataclass(frozen=True, slots=True)
class _Job:
    parameters: Parameters
    coin: str
    since: datetime | None
    moment: datetime
    store: VenueStore
    cache: VenueCache
    reader: InfoReader

    async def context(self) -> IngestSummary:
        reading = Reading(table="asset_contexts", coin=self.coin)
        if (kept := self._fresh(reading)) is not None:
            return kept
        records = await self.reader.asset_contexts()
        frame = venue_rows.context_rows(records, coin=self.coin)
        if frame.is_empty():
            some = ", ".join(str(getattr(row, "coin", "?")) for row in records[:6])
            raise DataError(
                f"the venue does not list {self.coin!r}; expected one of its "
                f"{len(records)} coins, e.g. {some or 'none'}"
            )
        reading.received = frame.height
        await self.store.append(reading, frame, self.store.stored(reading))
        return self._done(reading, self.moment + _LIVE_EXPIRY)

    async def book(self) -> IngestSummary:
        reading = Reading(table="book_snapshots", coin=self.coin)
        if (kept := self._fresh(reading)) is not None:
            return kept
        record = await self.reader.book(self.coin)
        frame = venue_rows.book_rows(
            record, coin=self.coin, received_at=self.store.now()
        )
        reading.received = frame.height
        await self.store.append(reading, frame, self.store.stored(reading))
        return self._done(reading, self.moment + _LIVE_EXPIRY)

    async def trades(self) -> IngestSummary:
        reading = Reading(table="trades", coin=self.coin)
        if (kept := self._fresh(reading)) is not None:
            return kept
        page = await self.reader.recent_trades(self.coin)
        for _ in range(CONFIRMATIONS):
            if page.rows:
                break
            await self.store.sleep(CONFIRM_PAUSE_S)
            page = await self.reader.recent_trades(self.coin)
        reading.received, reading.repeated = page.received, page.duplicate
        reading.refused = len(page.refused)
        if not page.rows:
            reading.is_empty_reply = True
            reading.notes.append("no trades returned: is the market alive?")
            return self._done(reading, None)
        frame = venue_rows.trade_rows(
            page.rows, coin=self.coin, received_at=self.store.now()
        )
        await self.store.append(reading, frame, self.store.stored(reading))
        return self._done(reading, self.moment + _TRADES_EXPIRY)

    async def funding(self) -> IngestSummary:
        reading = Reading(table="funding_rates", coin=self.coin)
        if (kept := self._fresh(reading)) is not None:
            return kept
        expiry = await read_funding(
            self.reader,
            self.store,
            reading,
            since=self._since(reading),
            moment=self.moment,
            delay_s=self.parameters.funding_delay_s,
        )
        if self._are_holes_due(reading):
            await fill_funding(
                self.reader,
                self.store,
                reading,
                delay_s=self.parameters.funding_delay_s,
            )
        return self._done(reading, expiry)

    async def candles(self, interval: str) -> IngestSummary:
        reading = Reading(table="candles", coin=self.coin, interval=interval)
        if (kept := self._fresh(reading)) is not None:
            return kept
        expiry = await read_candles(
            self.reader,
            self.store,
            reading,
            since=self._since(reading),
            moment=self.moment,
            delay_s=self.parameters.candle_delay_s,
        )
        if self._are_holes_due(reading):
            await fill_candles(
                self.reader,
                self.store,
                reading,
                moment=self.moment,
                delay_s=self.parameters.candle_delay_s,
            )
        return self._done(reading, expiry)

    def _fresh(self, reading: Reading) -> IngestSummary | None:
        # A series that was read lately is not asked for again.
        state = mark(self.store.stored(reading))
        is_wanted = self.since is not None and not self.cache.covers(
            reading.name, state, self.since
        )
        if is_wanted or not self.cache.is_fresh(reading.name, state, self.moment):
            return None
        until = self.cache.entries[reading.name].expires_at
        reading.notes.append(f"not asked for again before {clock.iso(until)}")
        return reading.summary()

    def _since(self, reading: Reading) -> datetime | None:
        # What was once read through from there goes on from what is stored.
        if self.since is None:
            return None
        state = mark(self.store.stored(reading))
        is_read = self.cache.covers(reading.name, state, self.since)
        return None if is_read else self.since

    def _are_holes_due(self, reading: Reading) -> bool:
        # A first read asks for everything, holes included.
        known = self.cache.entries.get(reading.name)
        if known is None:
            return False
        return (
            not known.holes_asked_at
            <= self.moment
            < (known.holes_asked_at + HOLES_EXPIRY)
        )

    def _done(self, reading: Reading, expires_at: datetime | None) -> IngestSummary:
        reading.is_whole = expires_at is not None
        self.store.log(reading)
        if expires_at is not None:
            known = self.cache.entries.get(reading.name)
            asked_from = self.since or (known and known.asked_from) or self.moment
            if reading.asked_from is not None:
                asked_from = min(asked_from, reading.asked_from)
            are_asked = known is None or self._are_holes_due(reading)
            entry = CacheEntry(
                asked_from=asked_from,
                read_at=self.moment,
                expires_at=expires_at,
                holes_asked_at=self.moment
                if known is None or are_asked
                else known.holes_asked_at,
                mark=mark(self.store.stored(reading)),
            )
            self.cache.put(reading.name, entry)
        return reading.summary()
