"""Ingest books from a file: one row per snapshot, its levels side by side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import ConfigError
from solalpha.parameters import Parameters
from solalpha.raw import lake, numbers
from solalpha.raw.cells import check_optional, refuse_rows
from solalpha.raw.event_times import TIME_COLUMNS, time_columns, with_times
from solalpha.raw.ladders import LADDERS, level_columns, refused_levels
from solalpha.raw.reading import content_name, pick_rows, read_table
from solalpha.raw.schemas import BOOK_LEVELS, MONEY
from solalpha.raw.sequences import book_sequence
from solalpha.raw.storing import Batch, store_file
from solalpha.raw.summary import IngestSummary
from solalpha.raw.times import EpochUnit
from solalpha.raw.validation import check_coin


def ingest_books(
    paths: Paths,
    parameters: Parameters,
    file: Path,
    *,
    coin: str,
    mapping: Mapping[str, str] | None = None,
    unit: EpochUnit | None = None,
    ingested_at: datetime | None = None,
    source: str = "file",
) -> IngestSummary:
    """Store the books of ``file``: up to 20 levels a side, best first.

    Parameters
    ----------
    mapping
        Our column (time, received_at, sequence) to the file's, or a ladder
        (bid_price, bid_size, bid_count, ask_...) to a pattern with ``*`` for the
        level's number.
    unit
        Unit of epoch numbers in ``time``; None finds it.
    ingested_at
        The present unless given; books after it are left out.

    Raises
    ------
    ConfigError
        If the call is wrong.
    DataError
        If a row is refused; nothing was stored then.
    """
    check_coin(coin)
    lake.require_origin(paths, "real")
    where = str(file)
    rows, levels = _rows(file, mapping or {})
    timed, notes = with_times(
        rows, where=where, unit=unit, delay_s=parameters.book_delay_s
    )
    sequence = book_sequence()
    if "sequence" in timed.columns:
        sequence = pl.col("sequence").cast(pl.Int64)
    frame = _exact(timed, levels).select(
        pl.lit(coin).alias("coin"),
        sequence,
        *(*levels, "unfit_values", "event_at", "available_at"),
    )
    batch = Batch(
        table="book_snapshots",
        coin=coin,
        source=source,
        frame=frame,
        rows_read=rows.height,
        repeats=0,
        refused=0,
        ingest_id=content_name(file, "book_snapshots"),
        notes=(*notes, *_notes(frame, levels)),
    )
    return store_file(paths, batch, ingested_at=ingested_at or clock.now())


def _rows(file: Path, mapping: Mapping[str, str]) -> tuple[pl.DataFrame, list[str]]:
    # The checked rows under our names, and the levels' columns among them.
    known = (*TIME_COLUMNS, "sequence", *LADDERS)
    if unknown := sorted(set(mapping) - set(known)):
        raise ConfigError(
            f"column mapping names {unknown}; expected some of {list(known)}"
        )
    table = read_table(file)
    levels = level_columns(table.columns, mapping, file=file)
    others = {k: v for k, v in mapping.items() if k not in LADDERS}
    times = time_columns(table.columns, others, where=str(file))
    rows = pick_rows(
        table,
        file,
        required=("time", *levels),
        optional=("received_at", "sequence"),
        mapping={**levels, **others, **times},
    )
    for name in (*levels, *[n for n in ("sequence",) if n in rows.columns]):
        rows = check_optional(rows, name, where=str(file))
    if "sequence" in rows.columns:
        text = pl.col("sequence").cast(pl.String)
        refuse_rows(
            rows.select("sequence"),
            text.is_null() | text.cast(pl.Int64, strict=False).is_null(),
            where=str(file),
            found="sequence that is no whole number",
            expected="whole numbers",
        )
    floats = rows.select(pl.col(list(levels)).cast(pl.Float64))
    for found, bad, expected in refused_levels(floats):
        refuse_rows(floats, bad, where=str(file), found=found, expected=expected)
    return rows, list(levels)


def _exact(rows: pl.DataFrame, levels: list[str]) -> pl.DataFrame:
    counts = [name for name in levels if "_count_" in name]
    money = {name: MONEY for name in levels if name not in counts}
    return numbers.exact(rows, money).with_columns(
        pl.col(counts).cast(pl.Float64).round().cast(pl.Int32)
    )


def _notes(frame: pl.DataFrame, levels: list[str]) -> list[str]:
    notes = []
    depth = len([name for name in levels if name.startswith("bid_price_")])
    if depth < BOOK_LEVELS:
        notes.append(f"{depth} levels a side; {BOOK_LEVELS} can be stored")
    bid, ask = pl.col("bid_price_1"), pl.col("ask_price_1")
    if crossed := frame.filter(bid >= ask).height:
        notes.append(f"{crossed} books are crossed or locked: stored as they are")
    return notes
