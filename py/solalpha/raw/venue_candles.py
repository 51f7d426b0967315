"""Read the closed candles of one interval: one reply holds all the venue has."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from solalpha import clock
from solalpha.raw import venue_rows
from solalpha.raw.intervals import candle_seconds
from solalpha.raw.venue_reader import InfoReader
from solalpha.raw.venue_store import Reading, VenueStore, latest

# The venue serves about this many candles of an interval and no older ones.
CANDLE_LIMIT = 5000
# Candles asked for again on a resume: late, flat ones can appear in the last few.
TRAILING = 24
# Times that an answer without the last closed candle is asked for again.
CONFIRMATIONS = 3
CONFIRM_PAUSE_S = 1.0


async def read_candles(
    reader: InfoReader,
    store: VenueStore,
    reading: Reading,
    *,
    since: datetime | None,
    moment: datetime,
    delay_s: int,
) -> datetime | None:
    """Store the closed candles from ``since`` and count them in ``reading``.

    Parameters
    ----------
    since
        None goes on from what is stored, a few candles earlier.
    delay_s
        Seconds after its close until a candle is taken to be final.

    Returns
    -------
    datetime or None
        When the next candle can be there; None if the last one is missing.
    """
    interval = reading.interval or ""
    length = timedelta(seconds=candle_seconds(interval))
    until = moment - timedelta(seconds=delay_s)
    stored = store.stored(reading)
    last = latest(stored)
    reach = until - CANDLE_LIMIT * length
    wished = since or (last and last - (TRAILING + 1) * length)
    start = max(wished or reach, reach)
    reading.asked_from, reading.asked_to = start, until
    due = clock.EPOCH + (until - clock.EPOCH) // length * length - length
    rows = await _asked(reader, store, reading, start=start, until=until, due=due)
    if not rows:
        told = f"no rows returned from {clock.iso(start)} to {clock.iso(until)}"
        reading.notes.append(told)
        return None
    first: datetime = rows[0].open_at
    if wished is not None and first > wished:
        reading.notes.append(f"the venue reaches back to {clock.iso(first)} only")
    frame, odd = venue_rows.candle_rows(
        rows, coin=reading.coin, interval=interval, delay_s=delay_s
    )
    reading.refused += odd
    await store.append(reading, frame.sort("open_at"), stored)
    if start <= due and rows[-1].open_at < due:
        told = f"ends at {clock.iso(rows[-1].open_at)}; expected {clock.iso(due)}"
        reading.notes.append(told)
        return None
    return due + 2 * length + timedelta(seconds=delay_s)


async def _asked(
    reader: InfoReader,
    store: VenueStore,
    reading: Reading,
    *,
    start: datetime,
    until: datetime,
    due: datetime,
) -> list[Any]:
    # An answer that is empty or lacks the last candle is confirmed before belief.
    found: dict[datetime, Any] = {}
    empty = 0
    for attempt in range(CONFIRMATIONS + 1):
        if attempt:
            await store.sleep(CONFIRM_PAUSE_S)
        page = await reader.candles(
            reading.coin,
            reading.interval or "",
            since=max(found, default=start),
            until=until,
        )
        reading.received += page.received
        reading.repeated += page.duplicate
        reading.refused += len(page.refused)
        for row in page.rows:
            reading.repeated += row.open_at in found
            found.setdefault(row.open_at, row)
        empty += not page.received
        if start > due or max(found, default=start - timedelta(1)) >= due:
            break
    reading.is_empty_reply = not found and start <= due
    if empty and found:
        reading.notes.append(f"{empty} empty replies, asked again")
    return [found[time] for time in sorted(found)]
