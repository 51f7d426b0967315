"""Fill the raw tables from the venue's reads: candles, settled funding, contexts.

The client that asks is handed in, so that this room knows rows and no wire.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Protocol

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.parameters import Parameters
from solalpha.raw import lake, numbers
from solalpha.raw.files import exact_rates, funding_frame
from solalpha.raw.intervals import candle_seconds
from solalpha.raw.schemas import ASSET_CONTEXTS, MOMENT, MONEY
from solalpha.raw.summary import IngestSummary, edges
from solalpha.raw.validation import check_coin

__all__ = ["INTERVALS", "InfoReader", "ingest_hyperliquid"]

Progress = Callable[[str, int, int], None]

SOURCE = "hyperliquid"
INTERVALS = ("1h", "5m")
# The venue serves about this many candles of an interval and no older ones.
CANDLE_LIMIT = 5000
# Candles asked for again on a resume: late, flat ones can appear in the last few.
_TRAILING = 24
# Settlements asked for again on a resume, to tell the interval by their spacing.
_FUNDING_TRAIL = timedelta(days=1)
FUNDING_BEGAN = datetime(2023, 5, 12, tzinfo=UTC)


class Record(Protocol):
    """A row of a reply: any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class InfoReader(Protocol):
    """Ask the venue; the records' fields are named as in the raw tables."""

    async def candles(
        self, coin: str, interval: str, *, since: datetime, until: datetime
    ) -> Sequence[Record]:
        """Return closed candles: open_at, open .. close, volume, trade_count."""

    async def funding_history(
        self, coin: str, *, since: datetime, until: datetime
    ) -> Sequence[Record]:
        """Return settlements: settled_at, funding_rate, premium."""

    async def asset_contexts(self) -> Sequence[Record]:
        """Return contexts: coin, received_at and the context table's numbers."""


async def ingest_hyperliquid(
    paths: Paths,
    parameters: Parameters,
    *,
    coin: str,
    since: datetime | None,
    client: AbstractAsyncContextManager[InfoReader],
    intervals: Sequence[str],
    moment: datetime,
    progress: Progress | None = None,
) -> tuple[IngestSummary, ...]:
    """Store what the venue has of ``coin`` and the lake has not.

    Parameters
    ----------
    since
        Earliest event wanted; None goes on from what is stored, else takes all.
    client
        An unopened client of the venue's reads.
    moment
        The present; candles that close after it are not asked for.

    Returns
    -------
    tuple of IngestSummary
        Contexts, settled funding, then one per candle interval.

    Raises
    ------
    DataError
        If the venue does not list ``coin``, or the lake holds sample rows.
    VenueError
        If the venue cannot be reached or answers nonsense; what was stored before
        stays, and a second run goes on from there.
    """
    check_coin(coin)
    for interval in intervals:
        candle_seconds(interval)

    done: list[IngestSummary] = []
    with lake.writing(paths):
        lake.require_origin(paths, "real")
        async with client as reader:
            job = _Job(paths, parameters, coin, since, moment, reader)
            steps = [job.contexts, job.funding]
            steps += [partial(job.candles, interval) for interval in intervals]
            for step in steps:
                done.append(await step())
                if progress is not None:
                    progress(f"hyperliquid {coin}", len(done), len(steps))
    return tuple(done)


@dataclass(frozen=True, slots=True)
class _Job:
    paths: Paths
    parameters: Parameters
    coin: str
    since: datetime | None
    moment: datetime
    reader: InfoReader

    async def contexts(self) -> IngestSummary:
        rows = _frame(await self.reader.asset_contexts())
        mine = rows.filter(pl.col("coin") == self.coin)
        if mine.is_empty():
            some = ", ".join(rows["coin"].head(6)) if rows.height else "none"
            raise DataError(
                f"the venue does not list {self.coin!r}; expected one of its "
                f"{rows.height} coins, e.g. {some}"
            )
        own = ASSET_CONTEXTS.columns
        types = {n: t for n, t in own.items() if isinstance(t, pl.Decimal)}
        frame = numbers.exact(mine, types).with_columns(
            pl.col("received_at").alias("event_at"),
            pl.col("received_at").alias("available_at"),
        )
        return self._store("asset_contexts", frame.drop("received_at", "asset_id"))

    async def funding(self) -> IngestSummary:
        stored = self._last("funding_rates", pl.lit(True), "event_at")
        start = self.since or (stored and stored - _FUNDING_TRAIL) or FUNDING_BEGAN
        found = await self.reader.funding_history(
            self.coin, since=start, until=self.moment
        )
        settled = _frame(found)
        if settled.is_empty():
            return self._nothing("funding_rates", start)
        frame = funding_frame(
            exact_rates(settled.rename({"settled_at": "event_at"})).sort("event_at"),
            coin=self.coin,
            parameters=self.parameters,
        )
        return self._store("funding_rates", frame)

    async def candles(self, interval: str) -> IngestSummary:
        length = timedelta(seconds=candle_seconds(interval))
        stored = self._last("candles", pl.col("interval") == interval, "open_at")
        wished = self.since or (stored and stored - _TRAILING * length)
        reach = self.moment - CANDLE_LIMIT * length
        start = max(wished or reach, reach)
        found = _frame(
            await self.reader.candles(
                self.coin, interval, since=start, until=self.moment
            )
        )
        if found.is_empty():
            return self._nothing("candles", start, f"interval {interval}")
        prices = dict.fromkeys(("open", "high", "low", "close", "volume"), MONEY)
        delay = timedelta(seconds=self.parameters.candle_delay_s)
        frame = numbers.exact(found, prices).with_columns(
            pl.lit(self.coin).alias("coin"),
            pl.lit(interval).alias("interval"),
            pl.lit(length.total_seconds()).cast(pl.Int32).alias("interval_s"),
            (pl.col("open_at") + length).alias("event_at"),
            (pl.col("open_at") + length + delay).alias("available_at"),
        )
        notes = [f"interval {interval}"]
        first = frame["open_at"].sort().to_list()[0]
        if wished is not None and first > wished:
            notes.append(f"the venue reaches back to {clock.iso(first)} only")
        return self._store("candles", frame.drop("closed_at"), *notes)

    def _store(self, table: str, frame: pl.DataFrame, *notes: str) -> IngestSummary:
        marked = frame.with_columns(
            pl.lit(SOURCE).alias("source"), pl.lit("real").alias("origin")
        )
        text = f"{table} {self.coin} {clock.iso(self.moment)} {notes}"
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        result = lake.append(self.paths, table, marked, ingest_id=f"{SOURCE}-{name}")
        first_at, last_at = edges(marked["event_at"])
        if result.conflicting:
            notes = (*notes, f"{result.conflicting} rows differ from stored: kept out")
        return self._summary(
            table,
            rows_read=marked.height,
            result=result,
            first_at=first_at,
            last_at=last_at,
            notes=notes,
        )

    def _nothing(self, table: str, start: datetime, *notes: str) -> IngestSummary:
        # An empty reply is no proof that there is nothing: it is only told.
        told = f"no rows returned from {clock.iso(start)} to {clock.iso(self.moment)}"
        none = lake.AppendResult(added=0, duplicate=0, conflicting=0, files=())
        return self._summary(
            table,
            rows_read=0,
            result=none,
            first_at=None,
            last_at=None,
            notes=(*notes, told),
        )

    def _summary(
        self,
        table: str,
        *,
        rows_read: int,
        result: lake.AppendResult,
        first_at: datetime | None,
        last_at: datetime | None,
        notes: tuple[str, ...],
    ) -> IngestSummary:
        return IngestSummary(
            table=table,
            coin=self.coin,
            source=SOURCE,
            rows_read=rows_read,
            added=result.added,
            duplicate=result.duplicate,
            conflicting=result.conflicting,
            first_at=first_at,
            last_at=last_at,
            notes=notes,
        )

    def _last(self, table: str, chosen: pl.Expr, column: str) -> datetime | None:
        mine = lake.read(self.paths, table, self.coin).filter(
            (pl.col("source") == SOURCE) & chosen
        )
        latest: list[datetime] = mine[column].sort().tail(1).to_list()
        return latest[0].astimezone(UTC) if latest else None


def _frame(records: Sequence[Record]) -> pl.DataFrame:
    # Decimals travel as text, so that none is rounded on the way.
    rows = [asdict(record) for record in records]
    if not rows:
        return pl.DataFrame()
    columns = {name: [_cell(row[name]) for row in rows] for name in rows[0]}
    kinds = {name: _dtype(values) for name, values in columns.items()}
    return pl.DataFrame(columns, schema=kinds)


def _dtype(values: list[object]) -> pl.DataType:
    known = next((value for value in values if value is not None), "")
    if isinstance(known, datetime):
        return MOMENT
    return pl.Int64() if isinstance(known, int) else pl.String()


def _cell(value: object) -> object:
    return format(value, "f") if isinstance(value, Decimal) else value
