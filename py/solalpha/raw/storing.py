"""Append the rows of a file and say what came of it: a summary and a log entry."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.raw import ingest_log, inventory, lake, numbers
from solalpha.raw.ingest_log import IngestEntry
from solalpha.raw.schemas import table_schema
from solalpha.raw.summary import IngestSummary, edges


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows of one table, coin and source, ready to be stored.

    Attributes
    ----------
    frame
        The table's columns but source, origin and ingest_id.
    rows_read
        Rows of the file, those that repeat another included.
    repeats
        Rows of the file that repeat another and are not in ``frame``.
    refused
        Rows that were kept out for a reason that ``notes`` tells.
    """

    table: str
    coin: str
    source: str
    frame: pl.DataFrame
    rows_read: int
    repeats: int
    refused: int
    ingest_id: str
    notes: tuple[str, ...]


def store(
    paths: Paths, batch: Batch, *, ingested_at: datetime
) -> tuple[IngestSummary, IngestEntry]:
    """Append what had happened by ``ingested_at`` and return what came of it.

    Raises
    ------
    DataError
        If the rows do not fit the table; nothing was stored then.
    """
    marked = batch.frame.filter(pl.col("event_at") <= ingested_at).with_columns(
        pl.lit(batch.source).alias("source"), pl.lit("real").alias("origin")
    )
    notes = list(batch.notes)
    if early := batch.frame.height - marked.height:
        notes.append(f"{early} rows not complete at {clock.iso(ingested_at)}: left out")
    newest = newest_event(paths, batch.table, batch.coin, batch.source)
    result = lake.append(paths, batch.table, marked, ingest_id=batch.ingest_id)
    if numbers.UNFIT in marked.columns and (unfit := marked[numbers.UNFIT].count()):
        notes.append(f"{unfit} rows hold a number that its type cannot hold")
    if result.conflicting:
        notes.append(f"{result.conflicting} rows differ from stored ones: kept out")
    first_at, last_at = edges(marked["event_at"])
    summary = IngestSummary(
        table=batch.table,
        coin=batch.coin,
        source=batch.source,
        rows_read=batch.rows_read,
        added=result.added,
        duplicate=result.duplicate + batch.repeats,
        conflicting=result.conflicting,
        first_at=first_at,
        last_at=last_at,
        notes=tuple(notes),
    )
    return summary, _entry(summary, batch, _repaired(result, batch, newest))


def log_run(
    paths: Paths, name: str, entries: list[IngestEntry], *, ingested_at: datetime
) -> None:
    """Write the entries of one run to the ingest log, if any is notable."""
    run_id = f"{clock.compact(ingested_at)}-{name}"
    ingest_log.write(paths, entries, run_id=run_id, logged_at=ingested_at)


def refused_entry(
    table: str,
    source: str,
    ingest_id: str,
    *,
    counts: Mapping[str, int],
    note: str,
    is_empty: bool,
) -> IngestEntry:
    """Return the entry of what a file holds that no table may hold, by reason."""
    told = [f"{n} refused: {why}" for why, n in counts.items()]
    return IngestEntry(
        table=table,
        coin=inventory.ALL_COINS,
        source=source,
        interval=None,
        ingest_id=ingest_id,
        asked_from=None,
        asked_to=None,
        first_at=None,
        last_at=None,
        rows_read=sum(counts.values()),
        added=0,
        duplicate=0,
        conflicting=0,
        refused=sum(counts.values()),
        repaired=0,
        is_empty_reply=is_empty,
        note="; ".join([note, *told]),
    )


def seal(paths: Paths, summaries: Iterable[IngestSummary], *, moment: datetime) -> None:
    """Seal the days that ended by ``moment`` and got rows, and the months long over."""
    found = list(summaries)
    _seal_days(paths, found, before=moment)
    monthly = {(s.table, s.coin) for s in found if _is_monthly(s.table)}
    for table, coin in sorted(monthly):
        # The rows are stored; where another writes just now, the next ingest seals.
        with contextlib.suppress(lake.LakeBusy):
            lake.seal_months(paths, table, coin, moment=moment)


def _is_monthly(table: str) -> bool:
    return table_schema(table).partition == "month"


def _seal_days(
    paths: Paths, summaries: list[IngestSummary], *, before: datetime
) -> None:
    spans: dict[tuple[str, str], set[date]] = {}
    for found in summaries:
        is_daily = table_schema(found.table).partition == "date"
        if is_daily and found.added and found.first_at and found.last_at:
            first = found.first_at.date()
            length = (found.last_at.date() - first).days
            days = {first + timedelta(days=n) for n in range(length + 1)}
            spans.setdefault((found.table, found.coin), set()).update(days)
    for (table, coin), days in spans.items():
        for day in sorted(day for day in days if day < before.date()):
            lake.seal_day(paths, table, coin, day)


def store_file(paths: Paths, batch: Batch, *, ingested_at: datetime) -> IngestSummary:
    """Store the one batch of a file, log the run, and seal the months that are over.

    Raises
    ------
    DataError
        If the rows do not fit the table; nothing was stored then.
    """
    summary, entry = store(paths, batch, ingested_at=ingested_at)
    log_run(paths, batch.ingest_id, [entry], ingested_at=ingested_at)
    if _is_monthly(batch.table):
        seal(paths, [summary], moment=ingested_at)
    return summary


def newest_event(paths: Paths, table: str, coin: str, source: str) -> datetime | None:
    """Return the latest stored event time of a coin's source; None without rows."""
    files = inventory.table_files(paths, table_schema(table), coin)
    by_folder: dict[str, list[str]] = {}
    for path in files:
        by_folder.setdefault(path.parent.name, []).append(str(path))
    for folder in sorted(by_folder, reverse=True):
        rows = pl.scan_parquet(by_folder[folder], hive_partitioning=False)
        found = (
            rows.filter(pl.col("source") == source)
            .select(pl.col("event_at").max())
            .collect()
        )
        latest: datetime | None = found.item()
        if latest is not None:
            return latest
    return None


def _repaired(result: lake.AppendResult, batch: Batch, newest: datetime | None) -> int:
    if newest is None or not result.files:
        return 0
    written = pl.scan_parquet(list(result.files), hive_partitioning=False).filter(
        pl.col("ingest_id") == batch.ingest_id,
        pl.col("source") == batch.source,
        pl.col("event_at") < newest,
    )
    return min(int(written.select(pl.len()).collect().item()), result.added)


def _entry(summary: IngestSummary, batch: Batch, repaired: int) -> IngestEntry:
    interval = None
    if "interval" in batch.frame.columns and batch.frame.height:
        interval = str(batch.frame.item(0, "interval"))
    return IngestEntry(
        table=summary.table,
        coin=summary.coin,
        source=summary.source,
        interval=interval,
        ingest_id=batch.ingest_id,
        asked_from=None,
        asked_to=None,
        first_at=summary.first_at,
        last_at=summary.last_at,
        rows_read=summary.rows_read,
        added=summary.added,
        duplicate=summary.duplicate,
        conflicting=summary.conflicting,
        refused=batch.refused,
        repaired=repaired,
        is_empty_reply=False,
        note="; ".join(summary.notes),
    )
