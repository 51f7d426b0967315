"""What the raw room needs of a venue's client, and its records as frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol

import polars as pl

from solalpha.raw.schemas import MOMENT

__all__ = ["InfoReader", "Page", "Record", "records_frame"]


class Record(Protocol):
    """A row of a reply: any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class Page(Protocol):
    """The rows of one reply in time order, each once, and what was left out."""

    @property
    def rows(self) -> Sequence[Any]:
        """Records in time order."""

    @property
    def received(self) -> int:
        """Rows in the reply, before anything was left out."""

    @property
    def duplicate(self) -> int:
        """Rows that repeat another one of the reply."""

    @property
    def refused(self) -> Sequence[str]:
        """Why rows were refused, one text each."""


class InfoReader(Protocol):
    """Ask the venue; the records' fields are named as in the raw tables."""

    async def clock_skew_s(self) -> float:
        """Return our clock minus the venue's, seconds; raise where it is too far."""

    async def asset_contexts(self) -> Sequence[Record]:
        """Return contexts: coin, received_at and the context table's numbers."""

    async def book(self, coin: str) -> Record:
        """Return a book: event_at, bids and asks of price, size, count."""

    async def recent_trades(self, coin: str) -> Page:
        """Return trades: event_at, trade_id, aggressor_side, price, size."""

    async def candles(
        self, coin: str, interval: str, *, since: datetime, until: datetime
    ) -> Page:
        """Return closed candles: open_at, closed_at, open .. volume, trade_count."""

    async def funding_page(
        self, coin: str, *, since: datetime, until: datetime
    ) -> Page:
        """Return the first settlements: settled_at, funding_rate, premium."""


def records_frame(records: Sequence[Record]) -> pl.DataFrame:
    """Return one row per record; decimals travel as text, so that none is rounded."""
    names = [field.name for field in fields(records[0])] if records else []
    rows = [{name: getattr(record, name) for name in names} for record in records]
    return rows_frame(rows)


def rows_frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return one row per mapping; all have the names of the first."""
    if not rows:
        return pl.DataFrame()
    columns = {name: [_cell(row[name]) for row in rows] for name in rows[0]}
    kinds = {name: _dtype(values) for name, values in columns.items()}
    return pl.DataFrame(columns, schema=kinds)


def _dtype(values: list[object]) -> pl.DataType:
    known = next((value for value in values if value is not None), "")
    if isinstance(known, datetime):
        return MOMENT
    return pl.Int64() if isinstance(known, int) else pl.String()


def _cell(value: object) -> object:
    return format(value, "f") if isinstance(value, Decimal) else value
