"""Ingest files of Binance's archive: check, recognise, parse in blocks, store.

A file whose checksum differs stops the run before anything is stored. A bad line is
refused and counted; a run that finds nothing to read fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.parameters import Parameters
from solalpha.raw import lake
from solalpha.raw.binance.kinds import Kind, is_header, recognised
from solalpha.raw.binance.packages import (
    CHECKSUM_SUFFIX,
    Package,
    blocks,
    check_sum,
    package,
)
from solalpha.raw.binance.rows import Reading, parse
from solalpha.raw.csv_lines import cells
from solalpha.raw.folders import files_of
from solalpha.raw.ingest_log import IngestEntry
from solalpha.raw.intervals import candle_seconds
from solalpha.raw.parsed import Parsed, joined
from solalpha.raw.reading import content_name
from solalpha.raw.storing import Batch, log_run, refused_entry, seal, store
from solalpha.raw.summary import FilesSummary, IngestSummary, totals

_FLUSH_ROWS = 500_000
_MONTH = ("1mo", "1M")
Progress = Callable[[str, int, int], None]


def ingest_binance(
    paths: Paths,
    parameters: Parameters,
    path: Path,
    *,
    ingested_at: datetime | None = None,
    progress: Progress | None = None,
) -> FilesSummary:
    """Store what the archive file ``path``, or the files below it, hold.

    Raises
    ------
    ConfigError
        If there is no such path.
    DataError
        If a checksum differs, or nothing could be read.
    """
    lake.require_origin(paths, "real")
    moment = ingested_at or clock.now()
    files = [f for f in files_of(path) if not f.name.endswith(CHECKSUM_SUFFIX)]
    unchecked = sum(not check_sum(file) for file in files)
    summaries: list[IngestSummary] = []
    refused: Counter[str] = Counter()
    problems: dict[str, str] = {}
    for done, file in enumerate(files, start=1):
        try:
            found, reasons = _ingest_file(paths, parameters, file, moment)
            summaries += found
            refused.update(reasons)
        except lake.LakeBusy:
            raise
        except DataError as error:
            problems[str(file)] = str(error)
        if progress is not None:
            progress("files", done, len(files))
    if not any(found.rows_read for found in summaries):
        raise DataError(_nothing(path, problems, refused))
    seal(paths, summaries, moment=moment)
    if unchecked:
        problems[f"{unchecked} files"] = "no .CHECKSUM beside them: not verified"
    return FilesSummary(
        files=len(files),
        tables=totals(summaries),
        refused=dict(refused.most_common()),
        left_out={},
        problems=problems,
    )


def _ingest_file(
    paths: Paths, parameters: Parameters, file: Path, moment: datetime
) -> tuple[list[IngestSummary], Counter[str]]:
    described = package(file)
    ingest_id = content_name(file, "binance")
    refused: Counter[str] = Counter()
    summaries: list[IngestSummary] = []
    entries: list[IngestEntry] = []
    table, source = "unknown", Kind.KLINES.source
    for kind, parsed in _batches(described, parameters):
        table, source = kind.table, kind.source
        refused.update(parsed.refused)
        batch = Batch(
            table=table,
            coin=described.coin,
            source=source,
            frame=parsed.frame,
            rows_read=parsed.frame.height,
            repeats=0,
            refused=0,
            ingest_id=ingest_id,
            notes=tuple(f"{n} {what}" for what, n in parsed.kept.items()),
        )
        summary, entry = store(paths, batch, ingested_at=moment)
        summaries.append(summary)
        entries.append(entry)
    if refused:
        note = file.name
        entries.append(
            refused_entry(
                table, source, ingest_id, counts=refused, note=note, is_empty=False
            )
        )
    log_run(paths, ingest_id, entries, ingested_at=moment)
    return summaries, refused


def _batches(
    described: Package, parameters: Parameters
) -> Iterator[tuple[Kind, Parsed]]:
    opened: _Opened | None = None
    waiting: list[Parsed] = []
    for block in blocks(described.path):
        if opened is None:
            opened = _open(block, described, parameters)
        waiting.append(_parsed(block, opened))
        rows = sum(part.frame.height for part in waiting)
        if rows >= _FLUSH_ROWS and (batch := joined(waiting)):
            yield opened.kind, batch
            waiting = []
    if opened is None:
        raise DataError(f"{described.path.name} is empty; expected lines")
    if batch := joined(waiting):
        _refuse_unreal(batch.frame, opened.kind, described)
        yield opened.kind, batch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    kind: Kind
    names: list[str]
    reading: Reading


def _open(block: bytes, described: Package, parameters: Parameters) -> _Opened:
    kind, names = recognised(block.partition(b"\n")[0])
    interval = described.label if kind is Kind.KLINES else ""
    if interval in _MONTH:
        raise DataError(
            f"{described.path.name} holds candles of a month, which have no fixed "
            "length; expected 1m to 1w"
        )
    if kind is Kind.KLINES:
        try:
            candle_seconds(interval)
        except ConfigError as error:
            raise DataError(f"{described.path.name}: {error}") from error
    return _Opened(
        kind=kind,
        names=names,
        reading=Reading(
            symbol=described.symbol,
            coin=described.coin,
            interval=interval,
            parameters=parameters,
        ),
    )


def _parsed(block: bytes, opened: _Opened) -> Parsed:
    refused: Counter[str] = Counter()
    frame = cells(block, opened.names, refused)
    first = opened.kind.columns[0]
    if frame.height and is_header(str(frame.item(0, first)), opened.kind):
        frame = frame.slice(1)
    found = parse(frame, opened.kind, opened.reading)
    found.refused.update(refused)
    return found


def _refuse_unreal(frame: pl.DataFrame, kind: Kind, described: Package) -> None:
    # Candles of mark, index and premium prices have updates and no volume.
    if kind is not Kind.KLINES or frame.is_empty():
        return
    if (frame["volume"] == 0).all() and (frame["trade_count"] > 0).any():
        raise DataError(
            f"{described.path.name} has no volume in any candle but counts: candles "
            "of a mark, index or premium price, which are not stored"
        )


def _nothing(path: Path, problems: dict[str, str], refused: Counter[str]) -> str:
    lines = [f"{n} lines refused: {why}" for why, n in refused.most_common(3)]
    reasons = "; ".join([*list(problems.values())[:1], *lines])
    return (
        f"{path}: nothing to store; {reasons}"
        if reasons
        else (f"{path}: nothing to store; expected zip files of the archive")
    )
