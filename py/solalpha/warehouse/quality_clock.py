"""Check the time column of adopted order-flow files: order of rows and holes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from solalpha import clock
from solalpha.config import Parameters
from solalpha.warehouse.quality_flow import TABLE
from solalpha.warehouse.quality_report import WARN, Finding

_US = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 0.001}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    # What one file's time column says; holes as (start, length).
    first_at: datetime
    last_at: datetime
    back: int
    spacing: timedelta
    holes: tuple[tuple[datetime, timedelta], ...]


def check(files: Sequence[dict[str, Any]], parameters: Parameters) -> Iterator[Finding]:
    """Tell rows that stand before an earlier one, and holes in and between files.

    Parameters
    ----------
    files
        Rows of the registry that can be read, in order of coin and time.
    """
    before: _Clock | None = None
    coin: str | None = None
    for row in files:
        found = _read(row, parameters)
        if found is None:
            continue
        if row["coin"] != coin:
            before, coin = None, row["coin"]
        if found.back:
            told = (
                f"{found.back} rows of {row['file_path']} stand before an earlier one"
            )
            remedy = "none needed for results, which sort by time; ask who wrote it"
            yield _finding(row, "order", (found.first_at, found.last_at), told, remedy)
        yield from _holes(row, found, before, parameters)
        before = found


def _read(row: dict[str, Any], parameters: Parameters) -> _Clock | None:
    frame = pl.read_parquet(
        row["file_path"],
        columns=[row["timestamp_column"]],
        hive_partitioning=False,
        use_statistics=False,
    )
    moments = _moments(frame.to_series(), row).drop_nulls()
    if moments.is_empty():
        return None
    steps = moments.diff().drop_nulls()
    back = int((steps < timedelta(0)).sum())
    ordered = moments.sort() if back else moments
    gaps = ordered.diff()
    spacing = gaps.filter(gaps > timedelta(0)).median()
    usual = spacing if isinstance(spacing, timedelta) else timedelta(0)
    is_hole = gaps > _limit(usual, parameters)
    starts = (ordered - gaps).filter(is_hole).to_list()
    holes = tuple(zip(starts, gaps.filter(is_hole).to_list(), strict=True))
    return _Clock(
        first_at=ordered[0], last_at=ordered[-1], back=back, spacing=usual, holes=holes
    )


def _moments(values: pl.Series, row: dict[str, Any]) -> pl.Series:
    if row["timestamp_kind"] in _US:
        scale = _US[row["timestamp_kind"]]
        us = (values * scale).cast(pl.Int64)
        return us.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    moments = values.cast(pl.Datetime("us", getattr(values.dtype, "time_zone", None)))
    if row["timestamp_kind"] == "timestamptz":
        return moments.dt.convert_time_zone("UTC")
    zone = row["time_zone"] or "UTC"
    local = moments.dt.replace_time_zone(None).dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    )
    return local.dt.convert_time_zone("UTC")


def _limit(spacing: timedelta, parameters: Parameters) -> timedelta:
    least = timedelta(seconds=parameters.quality_gap_s)
    return max(least, parameters.quality_regular_gap * spacing)


def _holes(
    row: dict[str, Any], found: _Clock, before: _Clock | None, parameters: Parameters
) -> Iterator[Finding]:
    holes = list(found.holes)
    if before is not None:
        between = found.first_at - before.last_at
        if between > _limit(found.spacing, parameters):
            holes.append((before.last_at, between))
    if not holes:
        return
    start, longest = max(holes, key=lambda hole: hole[1])
    total = sum(length.total_seconds() for _, length in holes)
    told = (
        f"{len(holes)} holes of {total:.0f} s in all in or before {row['file_path']}, "
        f"the longest {longest.total_seconds():.0f} s from {start:%Y-%m-%d %H:%M}"
    )
    span = (min(at for at, _ in holes), max(at + length for at, length in holes))
    remedy = "ask for the missing rows; features of it are unknown there"
    yield _finding(row, "gaps", span, told, remedy)


def _finding(
    row: dict[str, Any],
    check: str,
    span: tuple[datetime, datetime],
    told: str,
    remedy: str,
) -> Finding:
    return Finding(
        check=f"{TABLE}.{check}",
        severity=WARN,
        coin=row["coin"],
        source="lakehouse",
        first_at=clock.aware(span[0]),
        last_at=clock.aware(span[1]),
        evidence=told,
        remedy=remedy,
    )
