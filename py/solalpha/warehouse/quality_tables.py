"""What the checks expect of each raw table, and the views they read it through.

A view has the expected columns whatever the files hold: what is missing or of
another kind is null there and is told as a finding of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from solalpha.warehouse import duck

TEXT = "varchar"
NUMBER = "double"
WHOLE = "bigint"
MOMENT = "timestamp"
FILE = "file_path"
FILE_ROW = "row_in_file"
# A number from every column that a file holds: who reads it reads the row whole.
ROW_HASH = "row_hash"

BOOK_LEVELS = 20
_COMMON = {"event_at": MOMENT, "available_at": MOMENT, "source": TEXT, "origin": TEXT}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """Name the columns that the checks read; ``required`` must be in every file."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    required: tuple[str, ...]
    has_coin: bool


def _table(
    name: str,
    own: Mapping[str, str],
    *,
    key: tuple[str, ...],
    required: tuple[str, ...],
) -> RawTable:
    has_numbers = NUMBER in own.values()
    kept = {"unfit_values": TEXT} if has_numbers else {}
    return RawTable(
        name=name,
        columns={**own, **kept, **_COMMON},
        key=key,
        required=tuple(dict.fromkeys((*key, *required, *_COMMON))),
        has_coin="coin" in own,
    )


TABLES: tuple[RawTable, ...] = (
    _table(
        "candles",
        {
            "coin": TEXT,
            "interval": TEXT,
            "interval_s": WHOLE,
            "open_at": MOMENT,
            **dict.fromkeys(("open", "high", "low", "close", "volume"), NUMBER),
        },
        key=("coin", "source", "interval", "open_at"),
        required=("interval_s", "open", "high", "low", "close", "volume"),
    ),
    _table(
        "funding_rates",
        {"coin": TEXT, "funding_rate": NUMBER, "interval_hours": WHOLE},
        key=("coin", "source", "event_at"),
        required=("funding_rate", "interval_hours"),
    ),
    _table(
        "asset_contexts",
        {
            "coin": TEXT,
            "mark_price": NUMBER,
            "oracle_price": NUMBER,
            "open_interest": NUMBER,
        },
        key=("coin", "source", "event_at"),
        required=("mark_price", "oracle_price"),
    ),
    _table(
        "trades",
        {
            "coin": TEXT,
            "trade_id": WHOLE,
            "sequence": WHOLE,
            "aggressor_side": TEXT,
            "price": NUMBER,
            "size": NUMBER,
            "ingest_id": TEXT,
        },
        key=("coin", "source", "event_at", "trade_id"),
        required=("sequence", "aggressor_side", "price", "size"),
    ),
    _table(
        "book_snapshots",
        {
            "coin": TEXT,
            "sequence": WHOLE,
            **dict.fromkeys(
                (
                    f"{side}_{kind}_{level}"
                    for side in ("bid", "ask")
                    for kind in ("price", "size")
                    for level in range(1, BOOK_LEVELS + 1)
                ),
                NUMBER,
            ),
            "ingest_id": TEXT,
        },
        key=("coin", "source", "event_at", "sequence"),
        required=("bid_price_1", "bid_size_1", "ask_price_1", "ask_size_1"),
    ),
    _table(
        "headlines",
        {"headline_id": TEXT, "title": TEXT, "published_at": MOMENT},
        key=("headline_id",),
        required=("title", "published_at"),
    ),
)


def create_view(
    connection: duck.Connection,
    table: RawTable,
    groups: Sequence[tuple[Mapping[str, str], Sequence[Path]]],
) -> None:
    """Create the view of ``table`` over groups of files that share their columns.

    Parameters
    ----------
    groups
        Column name to type as the files hold it, and the files.
    """
    selects = [_select(table, found, files) for found, files in groups]
    body = " union all ".join(selects) if selects else _no_rows(table)
    connection.execute(f"create or replace view {table.name} as {body}")


def file_list(files: Sequence[Path]) -> str:
    """Return a SQL list of file names."""
    return "[" + ", ".join(duck.literal(str(file)) for file in files) + "]"


def _select(table: RawTable, found: Mapping[str, str], files: Sequence[Path]) -> str:
    listed = [
        f"{_typed(name, kind, found.get(name))} as {duck.quoted(name)}"
        for name, kind in table.columns.items()
    ]
    if not table.has_coin:
        listed.append("cast(null as varchar) as coin")
    return (
        f"select {', '.join(listed)}, filename as {FILE}, "
        f"file_row_number as {FILE_ROW}, hash(whole) as {ROW_HASH} "
        f"from read_parquet({file_list(files)}, hive_partitioning = false, "
        "filename = true, file_row_number = true) as whole"
    )


def _no_rows(table: RawTable) -> str:
    listed = [
        f"cast(null as {kind}) as {duck.quoted(name)}"
        for name, kind in table.columns.items()
    ]
    if not table.has_coin:
        listed.append("cast(null as varchar) as coin")
    return (
        f"select {', '.join(listed)}, cast(null as varchar) as {FILE}, "
        f"cast(null as bigint) as {FILE_ROW}, cast(null as ubigint) as {ROW_HASH} "
        "where false"
    )


def _typed(name: str, kind: str, found: str | None) -> str:
    column = duck.quoted(name)
    if found is None or not is_fit(kind, found):
        return f"cast(null as {kind})"
    if kind == MOMENT and "ZONE" in found:
        # Through the zone, so that nanoseconds with a zone convert too.
        return f"(try_cast({column} as timestamptz) at time zone 'UTC')"
    return f"try_cast({column} as {kind})"


def is_fit(kind: str, found: str) -> bool:
    """Return whether a column of type ``found`` may hold what ``kind`` means."""
    if kind == MOMENT:
        return found.startswith(("TIMESTAMP", "DATE"))
    if kind in (NUMBER, WHOLE):
        return not found.startswith(("TIMESTAMP", "DATE", "STRUCT", "BOOLEAN"))
    return True
