"""The last row of a table that was known at a moment, without reading the whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from solalpha.config import Paths
from solalpha.raw import inventory
from solalpha.raw.schemas import table_schema


def last_known(
    paths: Paths, table: str, coin: str, *, moment: datetime, max_age_s: int
) -> dict[str, Any] | None:
    """Return the newest row of ``coin`` with ``available_at`` up to ``moment``.

    Only tables partitioned by date are read, the days that ``max_age_s`` reaches.

    Returns
    -------
    dict or None
        Column to value; None where no row is young enough.
    """
    schema = table_schema(table)
    oldest = moment - timedelta(seconds=max_age_s)
    days = {f"date={day:%Y-%m-%d}" for day in (oldest, moment)}
    files = [
        path
        for path in inventory.table_files(paths, schema, coin)
        if path.parent.name in days
    ]
    if not files:
        return None
    rows = (
        pl.scan_parquet(files, hive_partitioning=False)
        .filter(pl.col("available_at") <= moment, pl.col("event_at") >= oldest)
        .sort(schema.sort_by)
        .tail(1)
        .collect()
    )
    return rows.row(0, named=True) if rows.height else None
