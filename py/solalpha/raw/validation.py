"""Check a frame against its raw table before anything is written."""

from __future__ import annotations

import re

import polars as pl

from solalpha.errors import DataError
from solalpha.raw.schemas import ORIGINS, TableSchema

COIN_PATTERN = r"^[A-Za-z0-9@][A-Za-z0-9@:_.-]{0,31}$"
_COIN = re.compile(COIN_PATTERN)
# A headline is published before we see it; a registry row is no event.
_FREE_OF_DELAY = ("headlines", "adopted_files", "adopted_columns", "adopted_fields")


def is_coin(coin: str) -> bool:
    """Return whether ``coin`` may name a folder."""
    return _COIN.fullmatch(coin) is not None and ".." not in coin


def check_coin(coin: str) -> str:
    """Return ``coin`` if it may name a folder.

    Raises
    ------
    DataError
        If it may not.
    """
    if not is_coin(coin):
        raise DataError(
            f"coin {coin!r} is not a coin's name; expected 1 to 32 letters, digits "
            "or @ : _ . -, e.g. SOL"
        )
    return coin


def conformed(schema: TableSchema, frame: pl.DataFrame, ingest_id: str) -> pl.DataFrame:
    """Return ``frame`` in the stored column order with ``ingest_id`` set.

    Rows that carry an ingest id keep it. Nullable columns that are absent
    become typed nulls.

    Raises
    ------
    DataError
        If a column is unknown, missing or of another type, a required value is
        null, or ``available_at`` precedes ``event_at``.
    """
    if not ingest_id:
        raise DataError(f"{schema.name}: ingest_id is empty; expected a text")
    named = pl.lit(ingest_id, dtype=pl.String)
    if "ingest_id" in frame.columns:
        named = pl.coalesce(pl.col("ingest_id"), named)
    frame = frame.with_columns(named.alias("ingest_id"))
    frame = _complete(schema, frame)
    _check_types(schema, frame)
    _check_nulls(schema, frame)
    _check_times(schema, frame)
    _check_origin(schema, frame)
    if schema.has_coin:
        for coin in frame.get_column("coin").unique():
            check_coin(coin)
    return frame


def _complete(schema: TableSchema, frame: pl.DataFrame) -> pl.DataFrame:
    unknown = sorted(set(frame.columns) - set(schema.columns))
    missing = [name for name in schema.required if name not in frame.columns]
    if unknown or missing:
        raise DataError(
            f"{schema.name}: columns unknown {unknown or 'none'}, missing "
            f"{missing or 'none'}; expected {list(schema.columns)}"
        )
    absent = [name for name in schema.columns if name not in frame.columns]
    nulls = [pl.lit(None, dtype=schema.columns[name]).alias(name) for name in absent]
    return frame.with_columns(nulls).select(list(schema.columns))


def _check_types(schema: TableSchema, frame: pl.DataFrame) -> None:
    for name, expected in schema.columns.items():
        found = frame.schema[name]
        if found != expected:
            raise DataError(
                f"{schema.name}.{name} is {found}; expected {expected}: convert it "
                "before it is stored"
            )


def _check_nulls(schema: TableSchema, frame: pl.DataFrame) -> None:
    counts = frame.select(pl.col(schema.required).null_count()).row(0, named=True)
    for name, count in counts.items():
        if count:
            row = frame.get_column(name).is_null().arg_max()
            raise DataError(
                f"{schema.name}.{name} is null in {count} rows (first: row {row}); "
                "expected a value in every row"
            )


def _check_times(schema: TableSchema, frame: pl.DataFrame) -> None:
    if schema.name in _FREE_OF_DELAY:
        return
    early = frame.select(
        ((pl.col("available_at") < pl.col("event_at")).fill_null(False)).alias("early")
    ).get_column("early")
    if early.any():
        row = early.arg_max()
        found = frame.select("event_at", "available_at").row(row or 0)
        raise DataError(
            f"{schema.name}: row {row} is available at {found[1]}, before its event "
            f"at {found[0]}; expected available_at >= event_at"
        )


def _check_origin(schema: TableSchema, frame: pl.DataFrame) -> None:
    found = frame.get_column("origin").unique().sort().to_list()
    if len(found) > 1 or any(value not in ORIGINS for value in found):
        raise DataError(
            f"{schema.name}: origins {found} in one frame; expected one of "
            f"{list(ORIGINS)}"
        )
