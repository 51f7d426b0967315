"""Ask again for what is missing between stored rows: a venue may fill it later."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from solalpha.raw import venue_rows
from solalpha.raw.intervals import candle_seconds
from solalpha.raw.venue_candles import CANDLE_LIMIT
from solalpha.raw.venue_reader import InfoReader
from solalpha.raw.venue_store import Reading, VenueStore

# What the venue never had is asked for in vain, so not more often, nor more of it.
HOLES_EXPIRY = timedelta(days=1)
_MOST_HOLES = 20
_STEP = timedelta(milliseconds=1)
_HALF_HOUR = timedelta(minutes=30)

Hole = tuple[datetime, datetime]


async def fill_candles(
    reader: InfoReader,
    store: VenueStore,
    reading: Reading,
    *,
    moment: datetime,
    delay_s: int,
) -> None:
    """Store the candles that fill holes of the series, as far back as it is served."""
    interval = reading.interval or ""
    length = timedelta(seconds=candle_seconds(interval))
    stored = store.stored(reading)
    reach = moment - CANDLE_LIMIT * length
    found = holes(stored.filter(pl.col("event_at") >= reach), pl.lit(length))
    added = reading.added
    for after, before in found:
        page = await reader.candles(
            reading.coin, interval, since=after, until=before - length
        )
        _count(reading, page.received, page.duplicate, len(page.refused))
        rows = [row for row in page.rows if after <= row.open_at < before - length]
        if rows:
            frame, odd = venue_rows.candle_rows(
                rows, coin=reading.coin, interval=interval, delay_s=delay_s
            )
            reading.refused += odd
            await store.append(reading, frame.sort("open_at"), store.stored(reading))
    _tell(reading, found, reading.added - added)


async def fill_funding(
    reader: InfoReader, store: VenueStore, reading: Reading, *, delay_s: int
) -> None:
    """Store the settlements that fill holes of the series."""
    usual = pl.duration(hours=pl.col("interval_hours")) + _HALF_HOUR
    found = holes(store.stored(reading), usual)
    added = reading.added
    for after, before in found:
        begin = after + _STEP
        while begin < before:
            page = await reader.funding_page(
                reading.coin, since=begin, until=before - _STEP
            )
            _count(reading, page.received, page.duplicate, len(page.refused))
            rows = [row for row in page.rows if begin <= row.settled_at < before]
            if not rows:
                break
            begin = rows[-1].settled_at + _STEP
            stored = store.stored(reading)
            frame = venue_rows.funding_rows(
                rows, stored, coin=reading.coin, delay_s=delay_s
            )
            await store.append(reading, frame, stored)
    _tell(reading, found, reading.added - added)


def holes(stored: pl.DataFrame, usual: pl.Expr) -> list[Hole]:
    """Return the widest spans between two stored events beyond ``usual``, in order."""
    later = stored.slice(1).with_columns(
        stored["event_at"].head(max(stored.height - 1, 0)).alias("after"),
        pl.col("event_at").alias("before"),
    )
    width = pl.col("before") - pl.col("after")
    spans = later.filter((width > usual).fill_null(False)).select("after", "before")
    widest = spans.sort(width, descending=True)
    found: list[Hole] = widest.head(_MOST_HOLES).sort("after").rows()
    return found


def _count(reading: Reading, received: int, repeated: int, refused: int) -> None:
    reading.received += received
    reading.repeated += repeated
    reading.refused += refused


def _tell(reading: Reading, found: list[Hole], added: int) -> None:
    if found:
        told = f"{len(found)} holes asked for again: {added} rows came"
        reading.notes.append(told)
