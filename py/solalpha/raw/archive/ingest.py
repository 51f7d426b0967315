"""Ingest files of the archive: recognise, parse in blocks, store, and say what came.

A damaged file gives what stands before the damage, a bad line is refused and
counted; only a run that finds nothing to read at all fails. Rows dedupe by key, so
that a repeated or resumed ingest adds what is missing and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.parameters import Parameters
from solalpha.raw import lake
from solalpha.raw.archive import books, contexts, prints
from solalpha.raw.archive.coverage import gap_note
from solalpha.raw.archive.kinds import Kind, context_names, recognised
from solalpha.raw.archive.known_prints import unknown_prints
from solalpha.raw.archive.lines import LineReader
from solalpha.raw.folders import files_of
from solalpha.raw.ingest_log import IngestEntry
from solalpha.raw.parsed import Parsed, joined
from solalpha.raw.reading import content_name
from solalpha.raw.sequences import trade_sequence
from solalpha.raw.storing import Batch, log_run, refused_entry, seal, store
from solalpha.raw.summary import FilesSummary, IngestSummary, totals

SOURCE = "hyperliquid"
EMPTY = "empty"
# Rows gathered before they are stored: some hundred MB at most.
_FLUSH_ROWS = {"book_snapshots": 25_000, "asset_contexts": 500_000, "trades": 500_000}
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Hold what every file of a run is read with."""

    coins: frozenset[str] | None
    parameters: Parameters
    ingested_at: datetime


def ingest_archive(
    paths: Paths,
    parameters: Parameters,
    path: Path,
    *,
    coins: frozenset[str] | None,
    ingested_at: datetime | None = None,
    progress: Progress | None = None,
) -> FilesSummary:
    """Store what the archive file ``path``, or the files below it, hold.

    Parameters
    ----------
    coins
        The wanted ones; None takes all.
    ingested_at
        The present unless given; rows after it are left out.

    Raises
    ------
    ConfigError
        If there is no such path.
    DataError
        If nothing could be read.
    """
    wanted = Wanted(
        coins=coins, parameters=parameters, ingested_at=ingested_at or clock.now()
    )
    lake.require_origin(paths, "real")
    files = files_of(path)
    summaries: list[IngestSummary] = []
    problems: dict[str, str] = {}
    refused: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for done, file in enumerate(files, start=1):
        outcome = _ingest_file(paths, file, wanted)
        summaries += outcome.summaries
        refused.update(outcome.refused)
        left_out.update(outcome.left_out)
        if outcome.problem:
            problems[str(file)] = outcome.problem
        if progress is not None:
            progress("files", done, len(files))
    if not any(found.rows_read for found in summaries):
        raise DataError(_nothing(path, len(files), problems, refused + left_out))
    seal(paths, summaries, moment=wanted.ingested_at)
    return FilesSummary(
        files=len(files),
        tables=totals(summaries),
        refused=dict(refused.most_common()),
        left_out=dict(left_out.most_common()),
        problems=problems,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    summaries: list[IngestSummary]
    refused: Counter[str]
    left_out: Counter[str]
    problem: str


def _ingest_file(paths: Paths, file: Path, wanted: Wanted) -> _Outcome:
    reader = LineReader(path=file)
    summaries: list[IngestSummary] = []
    entries: list[IngestEntry] = []
    refused: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    kind: Kind | None = None
    ingest_id = content_name(file, "archive")
    for kind, parsed in _batches(reader, wanted):
        refused.update(parsed.refused)
        left_out.update(parsed.left_out)
        for summary, entry in _stored(paths, kind, parsed, ingest_id, wanted):
            summaries.append(summary)
            entries.append(entry)
    refused.update({"a line of more than 16 MiB": reader.too_long})
    refused.update({"a line cut short": int(reader.has_cut_line)})
    problem = reader.damage or ("" if kind else _unknown(file))
    if refused.total() or problem:
        entries.append(
            refused_entry(
                kind.table if kind else "unknown",
                SOURCE,
                ingest_id,
                counts=+refused,
                note=f"{file.name}: {problem}" if problem else file.name,
                is_empty=problem == EMPTY,
            )
        )
    log_run(paths, ingest_id, entries, ingested_at=wanted.ingested_at)
    return _Outcome(
        summaries=summaries, refused=+refused, left_out=left_out, problem=problem
    )


def _batches(reader: LineReader, wanted: Wanted) -> Iterator[tuple[Kind, Parsed]]:
    kind: Kind | None = None
    names: list[str] = []
    waiting: list[Parsed] = []
    for block in reader.blocks():
        if kind is None:
            kind = recognised(block)
            if kind is None:
                return
            names = _header(block)
        waiting.append(_parsed(block, kind, names, wanted))
        rows = sum(part.frame.height for part in waiting)
        if rows >= _FLUSH_ROWS[kind.table] and (batch := joined(waiting)):
            yield kind, batch
            waiting = []
    if kind is not None and (batch := joined(waiting)):
        yield kind, batch


def _header(block: bytes) -> list[str]:
    found = (context_names(line) for line in block.split(b"\n", 100))
    return next((names for names in found if names), [])


def _parsed(block: bytes, kind: Kind, names: list[str], wanted: Wanted) -> Parsed:
    own = wanted.parameters
    if kind is Kind.BOOKS:
        return books.parse(block, coins=wanted.coins, delay_s=own.book_delay_s)
    if kind is Kind.CONTEXTS:
        return contexts.parse(
            block, names, coins=wanted.coins, delay_s=own.context_delay_s
        )
    return prints.parse(block, kind, coins=wanted.coins, delay_s=own.trade_delay_s)


def _stored(
    paths: Paths, kind: Kind, parsed: Parsed, ingest_id: str, wanted: Wanted
) -> Iterator[tuple[IngestSummary, IngestEntry]]:
    # One part per coin; what is no coin's is told with the first.
    notes = [f"{n} rows left out: {why}" for why, n in parsed.left_out.items()]
    notes += [f"{n} {what}: kept" for what, n in parsed.kept.items()]
    left_out = parsed.left_out.total()
    for (coin,), rows in parsed.frame.group_by("coin", maintain_order=True):
        frame = rows
        if kind.table == "trades":
            frame = unknown_prints(paths, rows.with_columns(trade_sequence()))
            if known := rows.height - frame.height:
                notes.append(f"{known} rows left out: stored under another id")
        told = gap_note(rows["event_at"]) if kind is Kind.BOOKS else ()
        yield store(
            paths,
            Batch(
                table=kind.table,
                coin=str(coin),
                source=SOURCE,
                frame=frame,
                rows_read=rows.height + left_out,
                repeats=0,
                refused=0,
                ingest_id=ingest_id,
                notes=(*told, *notes),
            ),
            ingested_at=wanted.ingested_at,
        )
        notes, left_out = [], 0


def _unknown(file: Path) -> str:
    if file.stat().st_size == 0:
        return EMPTY
    return (
        "no line of the first 100 is a book, an asset context, a trade or a fill of "
        "the archive"
    )


def _nothing(
    path: Path, files: int, problems: dict[str, str], passed_over: Counter[str]
) -> str:
    first = next(iter(problems.items()), None)
    reason = f"; {Path(first[0]).name}: {first[1]}" if first else ""
    lines = ", ".join(f"{n} rows: {why}" for why, n in passed_over.most_common(3))
    return (
        f"{path}: no row to store in {files} files{reason}"
        f"{'; ' + lines if lines else ''}; expected l2Book, asset_ctxs, node_trades, "
        "node_fills or node_fills_by_block lines of a wanted coin, LZ4 or plain"
    )
