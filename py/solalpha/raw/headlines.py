"""Ingest headlines: published_at, title, source; optional url, text, votes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.parameters import Parameters
from solalpha.raw import lake
from solalpha.raw.inventory import ALL_COINS
from solalpha.raw.reading import content_name, read_rows
from solalpha.raw.schemas import MOMENT
from solalpha.raw.storing import Batch, store_file
from solalpha.raw.summary import IngestSummary
from solalpha.raw.times import EpochUnit, to_moments

_REQUIRED = ("published_at", "title", "source")
_OPTIONAL = ("url", "text", "first_seen_at", "votes")


def ingest_headlines(
    paths: Paths,
    parameters: Parameters,
    file: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    source: str = "file",
    unit: EpochUnit | None = None,
    ingested_at: datetime | None = None,
) -> IngestSummary:
    """Store the headlines of ``file``; rows without a title or source are left out.

    Votes are kept as text for audit: they were counted after publication. What is
    dated or first seen after ``ingested_at``, the present unless given, is left out.

    Raises
    ------
    ConfigError
        If the call is wrong.
    DataError
        If a row is refused; nothing was stored then.
    """
    lake.require_origin(paths, "real")
    rows = read_rows(
        file, required=_REQUIRED, optional=_OPTIONAL, mapping=mapping or {}
    )
    found, notes = _frame(rows, str(file), parameters, unit)
    present = ingested_at or clock.now()
    latest = pl.max_horizontal("published_at", "first_seen_at")
    frame = found.filter(latest <= present)
    if early := found.height - frame.height:
        notes.append(
            f"{early} headlines dated or seen after {clock.iso(present)}: left out"
        )
    batch = Batch(
        table="headlines",
        coin=ALL_COINS,
        source=source,
        frame=frame,
        rows_read=rows.height,
        repeats=0,
        refused=0,
        ingest_id=content_name(file, "headlines"),
        notes=tuple(notes),
    )
    return store_file(paths, batch, ingested_at=present)


def headline_id(title: str, news_source: str, published_at: datetime) -> str:
    """Return 32 hex digits that identify a headline, blind to case and blanks."""
    words = " ".join(unicodedata.normalize("NFKC", title).casefold().split())
    text = "\x1f".join((words, news_source, clock.iso(published_at)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _frame(
    rows: pl.DataFrame, where: str, parameters: Parameters, unit: EpochUnit | None
) -> tuple[pl.DataFrame, list[str]]:
    published = to_moments(
        rows["published_at"], where=where, column="published_at", unit=unit
    )
    texts = [name for name in (*_REQUIRED, *_OPTIONAL) if name in rows.columns]
    frame = rows.with_columns(
        *[
            pl.col(name).cast(pl.String)
            for name in texts
            if name not in ("published_at", "first_seen_at")
        ],
        published,
        _seen(rows, where, unit),
    )
    kept = frame.filter(~_blank("title") & ~_blank("source"))
    if kept.is_empty():
        raise DataError(f"{where}: no row has a title and a source; expected some")
    notes: list[str] = []
    if kept.height < frame.height:
        left_out = frame.height - kept.height
        notes.append(f"{left_out} rows without a title or source left out")
    ids = [
        headline_id(title, news_source, moment)
        for title, news_source, moment in kept.select(
            "title", "source", "published_at"
        ).iter_rows()
    ]
    delay = timedelta(seconds=parameters.headline_delay_s)
    first_known = pl.coalesce("first_seen_at", pl.col("published_at") + delay)
    return (
        kept.rename({"source": "news_source"}).with_columns(
            pl.Series("headline_id", ids),
            pl.col("published_at").alias("event_at"),
            first_known.alias("available_at"),
        ),
        notes,
    )


def _seen(rows: pl.DataFrame, where: str, unit: EpochUnit | None) -> pl.Series:
    name = "first_seen_at"
    if name not in rows.columns:
        return pl.Series(name, [None] * rows.height, dtype=MOMENT)
    values = rows[name]
    known = values.is_not_null()
    if values.dtype == pl.String:
        known &= values.str.strip_chars().str.len_chars() > 0
    moments = iter(
        to_moments(values.filter(known), where=where, column=name, unit=unit)
        if known.any()
        else ()
    )
    return pl.Series(name, [next(moments) if k else None for k in known], dtype=MOMENT)


def _blank(name: str) -> pl.Expr:
    return pl.col(name).is_null() | (
        pl.col(name).str.strip_chars().str.len_chars() == 0
    )
