"""What an ingest did, in one record that the command line can print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSummary:
    """Count one ingest; rows_read = added + duplicate + conflicting + left out.

    ``duplicate`` rows were stored already or repeat in the source, ``conflicting``
    ones have a stored key with other values and were kept out, and rows left out
    for another reason are told in ``notes``. For adopted files the rows are files.
    """

    table: str
    coin: str
    source: str
    rows_read: int
    added: int
    duplicate: int
    conflicting: int
    first_at: datetime | None
    last_at: datetime | None
    notes: tuple[str, ...]


def edges(times: pl.Series) -> tuple[datetime | None, datetime | None]:
    """Return the earliest and the latest of ``times``, None where there is none."""
    known: list[datetime] = times.drop_nulls().sort().to_list()
    if not known:
        return None, None
    return known[0].astimezone(UTC), known[-1].astimezone(UTC)
