"""Tell prints that are stored under an id of the other kind.

A node's own trades carry no trade id: theirs is made of the order ids, below zero.
The same print from a recording or a fill has the venue's id, above zero, so that the
key does not tell that they are one, and its volume would count twice.
"""

from __future__ import annotations

import polars as pl

from solalpha.config import Paths
from solalpha.raw import inventory
from solalpha.raw.schemas import TRADES

_SAME = ("event_at", "aggressor_side", "price", "size")
_PLACE, _IS_MADE = "_place", "_is_made"


def unknown_prints(paths: Paths, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of one coin that are not stored under the other kind of id.

    Two are one print if time, side, price and size are equal; where several are
    alike, as many are left out as are stored.
    """
    if rows.is_empty():
        return rows
    coin = str(rows.item(0, "coin"))
    days = {f"date={day}" for day in rows["event_at"].dt.date().unique()}
    files = [
        path
        for path in inventory.table_files(paths, TRADES, coin)
        if path.parent.name in days
    ]
    if not files:
        return rows
    times = rows["event_at"]
    stored = (
        pl.scan_parquet(files, hive_partitioning=False)
        .filter(
            pl.col("source") == "hyperliquid",
            pl.col("event_at").is_between(times.min(), times.max()),
        )
        .select(*_SAME, "trade_id")
        .collect()
    )
    others = _placed(stored).with_columns(~pl.col(_IS_MADE))
    return (
        _placed(rows)
        .join(
            others,
            on=[*_SAME, _PLACE, _IS_MADE],
            how="anti",
            nulls_equal=True,
            maintain_order="left",
        )
        .drop(_PLACE, _IS_MADE)
    )


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    is_made = (pl.col("trade_id") < 0).alias(_IS_MADE)
    place = pl.int_range(pl.len()).over(*_SAME, _IS_MADE).alias(_PLACE)
    return rows.with_columns(is_made).with_columns(place)
