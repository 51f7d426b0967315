"""What an ingest did, in one record that the command line can print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSummary:
    """Count the ingest of many files.

    ``refused`` holds the reason to the count of records that no table may hold,
    ``left_out`` that of sound ones that were not wanted, ``problems`` the file to what
    was wrong with it as a whole.
    """

    files: int
    tables: tuple[IngestSummary, ...]
    refused: Mapping[str, int]
    left_out: Mapping[str, int]
    problems: Mapping[str, str]


def totals(summaries: Iterable[IngestSummary]) -> tuple[IngestSummary, ...]:
    """Return one summary per table, coin and source; notes are those of one file."""
    groups: dict[tuple[str, str, str], list[IngestSummary]] = {}
    for found in summaries:
        groups.setdefault((found.table, found.coin, found.source), []).append(found)
    return tuple(
        IngestSummary(
            table=table,
            coin=coin,
            source=source,
            rows_read=sum(part.rows_read for part in parts),
            added=sum(part.added for part in parts),
            duplicate=sum(part.duplicate for part in parts),
            conflicting=sum(part.conflicting for part in parts),
            first_at=min((p.first_at for p in parts if p.first_at), default=None),
            last_at=max((p.last_at for p in parts if p.last_at), default=None),
            notes=_common_notes(parts),
        )
        for (table, coin, source), parts in groups.items()
    )


def _common_notes(parts: list[IngestSummary]) -> tuple[str, ...]:
    if len(parts) == 1:
        return parts[0].notes
    told = sum(1 for part in parts if part.notes)
    return (f"{told} of {len(parts)} parts have notes in the ingest log",)


def edges(times: pl.Series) -> tuple[datetime | None, datetime | None]:
    """Return the earliest and the latest of ``times``, None where there is none."""
    known: list[datetime] = times.drop_nulls().sort().to_list()
    if not known:
        return None, None
    return known[0].astimezone(UTC), known[-1].astimezone(UTC)
