"""From the journal to the tables: the one way rows take, live or after a kill.

Every chunk of blocks becomes rows, is appended to its tables, and only then moves
the checkpoint; a kill in between leads to the same rows again, which are duplicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.raw import inventory, lake, storage
from solalpha.raw.recorder import checkpoint as checkpoints
from solalpha.raw.recorder.checkpoint import Day
from solalpha.raw.recorder.journal import Block, Place, blocks, folder_of
from solalpha.raw.recorder.lines import FrameLine, read_line
from solalpha.raw.recorder.rows import SOURCE, TABLE_NAMES, Batch
from solalpha.raw.recorder.tally import TableCount, Tally
from solalpha.raw.recorder.wire import Message
from solalpha.raw.schemas import TABLES

CHUNK_LINES = 20_000
# The one recorded table with a folder per month.
GAPS = "recording_gaps"
# A print of the last second of a day arrives a little later.
SEAL_AFTER = timedelta(minutes=5)


class Drain:
    """Move what is safe in the journal into the tables, and seal days that are over.

    Parameters
    ----------
    read
        What a frame says.
    """

    def __init__(
        self, paths: Paths, read: Callable[[bytes], Message], tally: Tally
    ) -> None:
        self._paths, self._read, self._tally = paths, read, tally
        self._folder = folder_of(paths)
        self.checkpoint = checkpoints.load(self._folder)
        self._newest: dict[tuple[str, str], datetime | None] = {}
        self._months_seen_on: date | None = None

    def look(self) -> None:
        """Learn from what is not stored yet when the channels were last alive."""
        liveness = self.checkpoint.liveness
        for block in blocks(self._folder, self.checkpoint.place):
            for line in map(read_line, block.lines):
                if isinstance(line, FrameLine):
                    liveness.alive(line.received_at)
                elif line is not None:
                    liveness.ended(line)

    def run(self) -> int:
        """Store every safe frame that is not stored yet; return how many there were.

        Raises
        ------
        LakeBusy
            If another ingest holds the lake; what is not stored stays in the journal.
        """
        frames = 0
        with lake.writing(self._paths):
            for chunk in _chunks(blocks(self._folder, self.checkpoint.place)):
                frames += self._store(chunk)
        return frames

    def seal(self, moment: datetime, coins: Sequence[str]) -> int:
        """Seal the recorded days that ended well before ``moment``; return how many.

        Once a day, and at the beginning, the months of ``coins`` are sealed too.
        """
        is_over = {
            (table, coin, day)
            for table, coin, day in self.checkpoint.open_days
            if moment >= _end_of(day) + SEAL_AFTER
        }
        for table, coin, day in sorted(is_over, key=lambda found: found[2]):
            lake.seal_day(self._paths, table, coin, day)
        if is_over:
            self._save(open_days=self.checkpoint.open_days - is_over)
        if self._months_seen_on != moment.date():
            for coin in coins:
                lake.seal_months(self._paths, GAPS, coin, moment=moment)
            self._months_seen_on = moment.date()
        return len(is_over)

    def save(self) -> None:
        """Write the checkpoint as it is."""
        checkpoints.save(self._folder, self.checkpoint)

    def _save(
        self, *, place: Place | None = None, open_days: frozenset[Day] | None = None
    ) -> None:
        old = self.checkpoint
        self.checkpoint = replace(
            old,
            place=old.place if place is None else place,
            open_days=old.open_days if open_days is None else open_days,
        )
        self.save()

    def _store(self, chunk: list[Block]) -> int:
        batch = Batch(read=self._read)
        for block in chunk:
            for line in block.lines:
                batch.add(read_line(line))
        ingest_id = _ingest_id(chunk[0].start)
        days: set[Day] = set(self.checkpoint.open_days)
        for table in TABLE_NAMES:
            frame = batch.frame(table)
            for (coin,), rows in frame.group_by("coin", maintain_order=True):
                self._append(table, str(coin), rows, ingest_id)
            if TABLES[table].partition == "date":
                days |= self._unsealed(table, frame)
        self._count(batch)
        self._save(place=chunk[-1].end, open_days=frozenset(days))
        return batch.frames

    def _append(
        self, table: str, coin: str, rows: pl.DataFrame, ingest_id: str
    ) -> None:
        newest = self._newest_of(table, coin)
        result = lake.append(self._paths, table, rows, ingest_id=ingest_id)
        count = self._tally.table(table, coin)
        count.ingest_id = ingest_id
        count.rows_read += rows.height
        count.added += result.added
        count.duplicate += result.duplicate
        count.conflicting += result.conflicting
        _note_range(count, rows)
        if newest is not None and rows.select(pl.col("event_at").min()).item() < newest:
            count.repaired += _older(result.files, ingest_id, newest)
        known = [at for at in (newest, count.last_at) if at is not None]
        self._newest[table, coin] = max(known, default=None)

    def _newest_of(self, table: str, coin: str) -> datetime | None:
        # Of the newest folder alone: events of the moment do not reach further back.
        if (table, coin) not in self._newest:
            files = inventory.table_files(self._paths, TABLES[table], coin)
            last = [file for file in files if file.parent == files[-1].parent]
            self._newest[table, coin] = _newest(last)
        return self._newest[table, coin]

    def _unsealed(self, table: str, frame: pl.DataFrame) -> set[Day]:
        # Told by the rows, not by what was added: a kill may have come in between.
        pairs = frame.select("coin", pl.col("event_at").dt.date().alias("day")).unique()
        root = self._paths.raw / table
        return {
            (table, str(coin), day)
            for coin, day in pairs.iter_rows()
            if not (root / f"coin={coin}/date={day}" / storage.DAY_NAME).exists()
        }

    def _count(self, batch: Batch) -> None:
        for reason, number in batch.refused.items():
            total = self._tally.refused.get(reason, 0) + number
            self._tally.refused[reason] = total
        for (table, coin), number in batch.refused_rows.items():
            count = self._tally.table(table, coin)
            count.refused += number
            count.rows_read += number


def _chunks(found: Iterator[Block]) -> Iterator[list[Block]]:
    chunk: list[Block] = []
    lines = 0
    for block in found:
        chunk.append(block)
        lines += len(block.lines)
        if lines >= CHUNK_LINES:
            yield chunk
            chunk, lines = [], 0
    if chunk:
        yield chunk


def _ingest_id(place: Place) -> str:
    # Tells where in the journal the rows' frames are.
    moment = place.age.removeprefix("frames-").partition(".ndjson")[0]
    return f"record-{moment}-{place.offset}"


def _end_of(day: date) -> datetime:
    return clock.parse_utc(day.isoformat()) + timedelta(days=1)


def _note_range(count: TableCount, rows: pl.DataFrame) -> None:
    first, last = rows.select(
        pl.col("event_at").min().alias("first"), pl.col("event_at").max().alias("last")
    ).row(0)
    count.stretch(first, last)


def _older(files: tuple[Path, ...], ingest_id: str, newest: datetime) -> int:
    if not files:
        return 0
    rows = pl.scan_parquet(list(files), hive_partitioning=False).filter(
        (pl.col("ingest_id") == ingest_id) & (pl.col("event_at") < newest)
    )
    return int(rows.select(pl.len()).collect().item())


def _newest(files: list[Path]) -> datetime | None:
    if not files:
        return None
    rows = pl.scan_parquet(files, hive_partitioning=False).filter(
        pl.col("source") == SOURCE
    )
    found: datetime | None = rows.select(pl.col("event_at").max()).collect().item()
    return found
