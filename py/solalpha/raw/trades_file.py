"""Ingest trades from a file: price, size, side of the aggressor, trade_id, time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.parameters import Parameters
from solalpha.raw import lake, numbers
from solalpha.raw.cells import refuse_rows, to_floats
from solalpha.raw.event_times import TIME_COLUMNS, time_columns, with_times
from solalpha.raw.reading import content_name, pick_rows, read_table
from solalpha.raw.schemas import MONEY
from solalpha.raw.sequences import trade_sequence
from solalpha.raw.storing import Batch, store_file
from solalpha.raw.summary import IngestSummary
from solalpha.raw.times import EpochUnit
from solalpha.raw.validation import check_coin

_REQUIRED = ("price", "size", "side", "trade_id")
_SIDES = {"buy": "buy", "b": "buy", "sell": "sell", "s": "sell", "a": "sell"}


def ingest_trades(
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
    """Store the trades of ``file``, one row per print.

    Parameters
    ----------
    mapping
        Our column name (price, size, side, trade_id, time, received_at) to the
        file's.
    unit
        Unit of epoch numbers in ``time``; None finds it.
    ingested_at
        The present unless given; trades after it are left out.

    Raises
    ------
    ConfigError
        If the call is wrong.
    DataError
        If a row is refused; nothing was stored then.
    """
    check_coin(coin)
    lake.require_origin(paths, "real")
    wanted, where = mapping or {}, str(file)
    table = read_table(file)
    times = time_columns(table.columns, wanted, where=where)
    rows = pick_rows(
        table,
        file,
        required=(*_REQUIRED, "time"),
        optional=TIME_COLUMNS[1:],
        mapping={**wanted, **times},
    )
    _check(rows, where)
    timed, notes = with_times(
        rows, where=where, unit=unit, delay_s=parameters.trade_delay_s
    )
    frame = numbers.exact(timed, {"price": MONEY, "size": MONEY}).select(
        pl.lit(coin).alias("coin"),
        pl.col("trade_id").cast(pl.String).str.strip_chars().cast(pl.Int64),
        trade_sequence(),
        _side().alias("aggressor_side"),
        *("price", "size", "unfit_values", "event_at", "available_at"),
    )
    batch = Batch(
        table="trades",
        coin=coin,
        source=source,
        frame=frame,
        rows_read=rows.height,
        repeats=0,
        refused=0,
        ingest_id=content_name(file, "trades"),
        notes=notes,
    )
    return store_file(paths, batch, ingested_at=ingested_at or clock.now())


def _side() -> pl.Expr:
    return (
        pl.col("side")
        .str.strip_chars()
        .str.to_lowercase()
        .replace_strict(_SIDES, default=None, return_dtype=pl.String)
    )


def _check(rows: pl.DataFrame, where: str) -> None:
    if rows.schema["side"] != pl.String:
        raise DataError(
            f"{where}: side is {rows.schema['side']}; expected buy or sell, the "
            "aggressor's side"
        )
    floats = to_floats(rows, ("price", "size"), where=where)
    shown = floats.with_columns(rows["side"], rows["trade_id"].cast(pl.String))
    whole = pl.col("trade_id").str.strip_chars().cast(pl.Int64, strict=False)
    checks = (
        (pl.col("price") <= 0, "price not above zero", "prices above zero"),
        (pl.col("size") <= 0, "size not above zero", "sizes above zero"),
        (_side().is_null(), "unknown side", "buy or sell (B or A), the aggressor's"),
        (whole.is_null(), "trade_id that is no whole number", "whole numbers"),
    )
    for bad, found, expected in checks:
        refuse_rows(shown, bad, where=where, found=found, expected=expected)
