"""What each ingest asked for and what came of it: one atomic file per run.

A run that changed nothing and met nothing odd leaves no file, so that a repeated
ingest adds nothing at all. An empty reply is odd: it proves nothing by itself, and
the coverage says that it was seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from solalpha.config import Paths
from solalpha.errors import ConfigError
from solalpha.raw import storage
from solalpha.raw.table_schema import MOMENT, TEXT, Columns

__all__ = ["IngestEntry", "folder", "read", "write"]

_RUN_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")
_COLUMNS: Columns = {
    "table": TEXT,
    "coin": TEXT,
    "source": TEXT,
    "interval": TEXT,
    "ingest_id": TEXT,
    "asked_from": MOMENT,
    "asked_to": MOMENT,
    "first_at": MOMENT,
    "last_at": MOMENT,
    "rows_read": pl.Int64(),
    "added": pl.Int64(),
    "duplicate": pl.Int64(),
    "conflicting": pl.Int64(),
    "refused": pl.Int64(),
    "repaired": pl.Int64(),
    "is_empty_reply": pl.Boolean(),
    "note": TEXT,
    "logged_at": MOMENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestEntry:
    """Count one table's part of an ingest.

    ``rows_read`` = added + duplicate + conflicting + refused + what ``note`` says
    was left out. ``repaired`` of the added rows lie before the newest event that
    was stored of the series: they fill a hole. ``asked_from`` and ``asked_to`` are
    None where the source has no window, e.g. a file.
    """

    table: str
    coin: str
    source: str
    interval: str | None
    ingest_id: str
    asked_from: datetime | None
    asked_to: datetime | None
    first_at: datetime | None
    last_at: datetime | None
    rows_read: int
    added: int
    duplicate: int
    conflicting: int
    refused: int
    repaired: int
    is_empty_reply: bool
    note: str

    @property
    def is_notable(self) -> bool:
        """Whether something was added, kept out, refused, or an empty reply seen."""
        counts = (self.added, self.repaired, self.refused, self.conflicting)
        return self.is_empty_reply or any(counts)


def folder(paths: Paths) -> Path:
    """Return the folder that holds one file per ingest run."""
    return paths.results / "ingests"


def write(
    paths: Paths,
    entries: Sequence[IngestEntry],
    *,
    run_id: str,
    logged_at: datetime,
) -> Path | None:
    """Write the entries of one run atomically and return the file.

    None, and no file, if no entry is notable: the run found all stored already.

    Raises
    ------
    ConfigError
        If ``run_id`` may not name a file.
    """
    if not _RUN_ID.match(run_id):
        raise ConfigError(
            f"ingest run id {run_id!r}; expected 1 to 128 letters, digits or _ . -"
        )
    if not any(entry.is_notable for entry in entries):
        return None
    rows = [asdict(entry) | {"logged_at": logged_at} for entry in entries]
    frame = pl.DataFrame(rows, schema=_COLUMNS)
    return storage.write_named(folder(paths), f"{run_id}.parquet", frame)


def read(paths: Paths) -> pl.DataFrame:
    """Return the entries of all runs in the order of ``logged_at``."""
    files = sorted(folder(paths).glob("*.parquet"))
    if not files:
        return pl.DataFrame(schema=_COLUMNS)
    return pl.read_parquet(files, hive_partitioning=False).sort(
        "logged_at", maintain_order=True
    )
