"""Where a defect is planted: one table's files of one coin, edited in place.

A partition's files are replaced by one that holds the same rows but for the defect.
It is written as raw bytes and appears whole or not at all; the checks that ``append``
makes are bypassed on purpose, because they would refuse what is planted here.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError
from solalpha.raw import storage
from solalpha.raw.inventory import ALL_COINS, part_files
from solalpha.raw.schemas import table_schema

HOUR = timedelta(hours=1)
# A defect begins in this part of its partition's time, so that rows lie around it.
_FROM, _TO = 0.3, 0.7
_MANY_SHARE = 0.05  # of a table, where whole days are touched
_PREFIXES = {"trades": "trade", "book_snapshots": "book", "asset_contexts": "context"}
_EARLIEST_SHARE = 0.5  # of a table's partitions stay clean before it

FAIL, WARN = "FAIL", "WARN"

# From a partition's rows and the chosen ones among them to the rows with the defect.
Edit = Callable[[pl.DataFrame, pl.Series], pl.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Say what a defect touched: rows, and their first and last event time."""

    rows: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Hold what a planter needs; ``draw`` is the defect's own random stream."""

    paths: Paths
    parameters: Parameters
    name: str
    draw: np.random.Generator

    @property
    def coin(self) -> str:
        """The coin that is touched, the traded one."""
        return self.parameters.trade_coin


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Describe one thing that may be wrong with raw data, and how to plant it.

    Attributes
    ----------
    check, severity : the finding that must tell it, at least so severe
    told : what is wrong, for the reader of the list
    """

    name: str
    table: str
    check: str
    severity: str
    told: str
    plant: Callable[[Site], Planted]


def stretch(
    table: str,
    edit: Edit,
    *,
    hours: float,
    count: int | None,
    is_recent: bool = False,
) -> Callable[[Site], Planted]:
    """Return a planter of ``edit`` in hours on end, or in a few rows of them."""
    return lambda at: edit_hours(
        at, table, edit, hours=hours, count=count, is_recent=is_recent
    )


def partitions(table: str, edit: Edit, *, share: float) -> Callable[[Site], Planted]:
    """Return a planter of ``edit`` in whole partitions on end."""
    return lambda at: edit_share(at, table, edit, share=share)


def table_defect(
    name: str,
    check: str,
    severity: str,
    told: str,
    edit: Edit,
    *,
    hours: float | None,
    count: int | None = None,
    table: str,
) -> Defect:
    """Return a defect of flow data in some hours, or without them in whole days."""
    plant = (
        partitions(table, edit, share=_MANY_SHARE)
        if hours is None
        else stretch(table, edit, hours=hours, count=count)
    )
    return Defect(
        name=f"{_PREFIXES[table]}_{name}",
        table=table,
        check=f"{table}.{check}",
        severity=severity,
        told=told,
        plant=plant,
    )


def site(paths: Paths, parameters: Parameters, *, name: str, seed: int) -> Site:
    """Return the site of the defect ``name``; its draws depend on nothing else."""
    stream = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return Site(paths=paths, parameters=parameters, name=name, draw=stream)


def folders(at: Site, table: str) -> list[Path]:
    """Return the table's partitions of the coin that hold rows, in time order.

    Raises
    ------
    ConfigError
        If there are none.
    """
    coin = at.coin if table_schema(table).has_coin else ALL_COINS
    root = at.paths.raw / table / f"coin={coin}"
    found = [folder for folder in sorted(root.glob("*=*")) if part_files(folder)]
    if not found:
        raise _too_short(at, f"no {table} of {at.coin}")
    return found


def inner_folder(at: Site, table: str) -> Path:
    """Return a partition with rows before and after it, where there is one."""
    listed = folders(at, table)
    if table_schema(table).partition == "month":
        # The fuller of the last two: a sample seldom ends with its month.
        return max(listed[-2:], key=_rows_in)
    first, last = math.floor(len(listed) * _EARLIEST_SHARE), max(1, len(listed) - 3)
    low = min(first, last - 1)
    return listed[int(at.draw.integers(low, last))]


def edit_hours(
    at: Site,
    table: str,
    edit: Edit,
    *,
    hours: float,
    count: int | None,
    is_recent: bool,
) -> Planted:
    """Edit the rows of ``hours`` on end, in the midst of the table or at its end.

    With ``count`` only so many of them, the first ones.
    """
    folder = folders(at, table)[-1] if is_recent else inner_folder(at, table)
    rows = read_folder(folder)
    times = rows.get_column("event_at")
    first, last = _edges(times.filter(_is_within(times, folder)))
    length = hours * HOUR
    if is_recent:
        start = last - 2 * length
    else:
        share = _FROM + (_TO - _FROM) * float(at.draw.random())
        start = first + share * max(last - first - length, timedelta(0))
    start = start.replace(minute=0, second=0, microsecond=0) + HOUR
    chosen = (times > start) & (times <= start + length)
    if chosen.sum() < 2:
        raise _too_short(at, f"{chosen.sum()} rows of {table} from {start:%F %H:%M}")
    if count is not None:
        chosen &= chosen.cum_sum() <= count
    write_folder(folder, edit(rows, chosen))
    return planted(times.filter(chosen))


def edit_share(at: Site, table: str, edit: Edit, *, share: float) -> Planted:
    """Edit whole partitions on end, at least one, ``share`` of the table's."""
    listed = folders(at, table)
    count = max(1, math.ceil(share * len(listed)))
    chosen = listed[max(0, len(listed) - 1 - count) : max(1, len(listed) - 1)]
    found: list[pl.Series] = []
    for folder in chosen:
        rows = read_folder(folder)
        found.append(rows.get_column("event_at"))
        everything = pl.Series([True] * rows.height, dtype=pl.Boolean)
        write_folder(folder, edit(rows, everything))
    return planted(pl.concat(found))


def read_folder(folder: Path) -> pl.DataFrame:
    """Return the rows of a partition in stored order."""
    return pl.read_parquet(part_files(folder), hive_partitioning=False)


def write_folder(folder: Path, rows: pl.DataFrame) -> None:
    """Replace the files of a partition by one that holds ``rows``, unchecked."""
    before = part_files(folder)
    written = None if rows.is_empty() else storage.write_part(folder, rows)
    for path in before:
        if path != written:
            path.unlink()


def planted(times: pl.Series) -> Planted:
    """Return what was touched, from the event times of the touched rows."""
    if times.is_empty():
        return Planted(rows=0, first_at=None, last_at=None)
    first, last = _edges(times)
    return Planted(rows=times.len(), first_at=first, last_at=last)


def _is_within(times: pl.Series, folder: Path) -> pl.Series:
    # Rows whose times another defect moved elsewhere are no guide.
    label = folder.name.split("=")[1]
    form = "%Y-%m-%d" if folder.name.startswith("date=") else "%Y-%m"
    return times.dt.strftime(form) == label


def _edges(times: pl.Series) -> tuple[datetime, datetime]:
    first, last = times.min(), times.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        raise ConfigError("the partition holds no times; expected a clean sample")
    return first, last


def _rows_in(folder: Path) -> int:
    files = part_files(folder)
    count = pl.scan_parquet(files, hive_partitioning=False).select(pl.len())
    return int(count.collect().item())


def _too_short(at: Site, found: str) -> ConfigError:
    return ConfigError(
        f"--defect {at.name}: found {found}; expected a longer sample, e.g. --days 62"
    )
