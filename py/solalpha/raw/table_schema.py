"""What a raw table's schema is: columns, types, key and partition, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl
import pyarrow as pa

PartitionBy = Literal["date", "month", "none"]
Origin = Literal["real", "sample"]

MONEY = pl.Decimal(18, 8)
RATE = pl.Decimal(18, 12)
MOMENT = pl.Datetime("us", "UTC")
TEXT = pl.String()
ORIGINS: tuple[Origin, ...] = ("real", "sample")

Columns = dict[str, pl.DataType]

COMMON: Columns = {
    "event_at": MOMENT,
    "available_at": MOMENT,
    "source": TEXT,
    "origin": TEXT,
    "ingest_id": TEXT,
}
# Facts of the reading, not of the event: a second reading may differ in them.
_READING = frozenset({"available_at", "ingest_id", "sequence"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """Describe one raw table.

    Attributes
    ----------
    columns
        Name to Polars type, in stored order, the common columns last.
    key
        Columns that identify a row; never null.
    required
        Further columns that are never null.
    partition, partition_at
        Folder per UTC date or month of this column; ``none`` is a registry.
    volatile
        Columns that two readings of one event may differ in without conflict.
    """

    name: str
    columns: Columns
    key: tuple[str, ...]
    required: tuple[str, ...]
    partition: PartitionBy
    partition_at: str
    volatile: frozenset[str]

    @property
    def has_coin(self) -> bool:
        """Whether rows carry a coin; else the coin folder is ``coin=ALL``."""
        return "coin" in self.columns

    @property
    def compared(self) -> tuple[str, ...]:
        """Columns whose change under one key is a conflict."""
        skipped = self.volatile | set(self.key)
        return tuple(name for name in self.columns if name not in skipped)

    @property
    def sort_by(self) -> tuple[str, ...]:
        """Stored order: event time, then sequence where there is one, then the key."""
        wished = ("event_at", "sequence", *self.key)
        return tuple(dict.fromkeys(name for name in wished if name in self.columns))

    def polars(self) -> pl.Schema:
        """Return the stored Polars schema."""
        return pl.Schema(self.columns)

    def arrow(self) -> pa.Schema:
        """Return the stored Arrow schema (plain strings, decimal128)."""
        empty = pl.DataFrame(schema=self.columns)
        return empty.to_arrow(compat_level=pl.CompatLevel.oldest()).schema

    def empty(self) -> pl.DataFrame:
        """Return a frame of no rows with the stored schema."""
        return pl.DataFrame(schema=self.columns)


def table(
    name: str,
    own: Columns,
    *,
    key: tuple[str, ...],
    partition: PartitionBy,
    required: tuple[str, ...] = (),
    partition_at: str = "event_at",
    volatile: frozenset[str] = frozenset(),
) -> TableSchema:
    """Return a schema with the common columns; decimals bring ``unfit_values``."""
    if any(isinstance(dtype, pl.Decimal) for dtype in own.values()):
        own = {**own, "unfit_values": TEXT}
    return TableSchema(
        name=name,
        columns={**own, **COMMON},
        key=key,
        required=tuple(dict.fromkeys((*key, *required, *COMMON))),
        partition=partition,
        partition_at=partition_at,
        volatile=_READING | volatile,
    )
