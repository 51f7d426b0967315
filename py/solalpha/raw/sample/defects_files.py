"""Defects of whole files: torn, with other columns or types, of another origin."""

from __future__ import annotations

import os
from collections.abc import Callable

import polars as pl

from solalpha.raw.inventory import part_files
from solalpha.raw.sample.defects_site import (
    FAIL,
    WARN,
    Defect,
    Planted,
    Site,
    inner_folder,
    planted,
    read_folder,
    write_folder,
)

_TORN_SHARE = 0.6  # of the bytes that a torn file keeps

_Change = Callable[[pl.DataFrame], pl.DataFrame]


def _whole(table: str, change: _Change) -> Callable[[Site], Planted]:
    def plant(at: Site) -> Planted:
        folder = inner_folder(at, table)
        rows = read_folder(folder)
        write_folder(folder, change(rows))
        return planted(rows.get_column("event_at"))

    return plant


def _tear(at: Site) -> Planted:
    folder = inner_folder(at, "trades")
    times = read_folder(folder).get_column("event_at")
    path = part_files(folder)[0]
    content = path.read_bytes()
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_bytes(content[: int(len(content) * _TORN_SHARE)])
    os.replace(unfinished, path)
    return planted(times)


def _file(
    name: str,
    check: str,
    severity: str,
    told: str,
    change: _Change,
    *,
    table: str,
) -> Defect:
    return Defect(
        name=name,
        table=table,
        check=check,
        severity=severity,
        told=told,
        plant=_whole(table, change),
    )


def _with_text(rows: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("oracle_price").cast(pl.String)
    every = pl.int_range(pl.len()) % 50 == 7
    return rows.with_columns(
        pl.when(every).then(pl.lit("n/a")).otherwise(text).alias("oracle_price")
    )


FILES: tuple[Defect, ...] = (
    _file(
        "missing_column",
        "candles.columns",
        FAIL,
        "a month's files lack the volume",
        lambda rows: rows.drop("volume"),
        table="candles",
    ),
    _file(
        "wrong_type",
        "candles.types",
        FAIL,
        "a month's closes are true or false",
        lambda rows: rows.with_columns(pl.col("close").cast(pl.Float64) > 0),
        table="candles",
    ),
    _file(
        "text_in_number",
        "asset_contexts.numbers",
        FAIL,
        "a day's oracle prices hold the text n/a",
        _with_text,
        table="asset_contexts",
    ),
    _file(
        "extra_column",
        "candles.schema_drift",
        WARN,
        "a month has a column that no other month has",
        lambda rows: rows.with_columns(pl.lit(1.0).alias("turnover")),
        table="candles",
    ),
    _file(
        "mixed_origin",
        "lake.origin",
        FAIL,
        "a day says that its rows are real",
        lambda rows: rows.with_columns(pl.lit("real").alias("origin")),
        table="book_snapshots",
    ),
    Defect(
        name="torn_file",
        table="trades",
        check="trades.readable",
        severity=FAIL,
        told="a file ends in the middle",
        plant=_tear,
    ),
)
