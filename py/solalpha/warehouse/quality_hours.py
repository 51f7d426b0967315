"""Measure adopted order flow by the hour, every column, in one pass over the files.

Count, least and greatest of an hour say whether a column is there, moves, is finite, in
range and in the unit of other hours; NaN is greater than every number in DuckDB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from solalpha.warehouse import duck

# One row per coin and hour that has rows: count_rows, count_crossed, first_at, last_at.
HOURS = "order_flow_hours"
# One row per coin, hour and column: count_known, least, greatest, in the contract's
# unit; is_finite tells whether both are.
COLUMNS = "order_flow_columns"
Mapped = Mapping[tuple[str, str], tuple[str, float]]
_INTEGER_US = {"s": "* 1000000", "ms": "* 1000", "us": "", "ns": "/ 1000"}


def create_empty(connection: duck.Connection) -> None:
    """Create the tables without rows."""
    connection.execute(
        f"create or replace temp table {HOURS} (coin varchar, hour_at timestamp, "
        "count_rows bigint, count_crossed bigint, first_at timestamp, "
        "last_at timestamp)"
    )
    connection.execute(
        f"create or replace temp table {COLUMNS} (coin varchar, hour_at timestamp, "
        "column_name varchar, count_rows bigint, count_known bigint, least double, "
        "greatest double, is_finite boolean)"
    )


def create(
    connection: duck.Connection, files: Sequence[dict[str, Any]], columns: Mapped
) -> None:
    """Fill the tables from ``files``, rows of the registry that can be read."""

    def kind(row: dict[str, Any]) -> tuple[str, str, str, str, list[str]]:
        zone, held = row["time_zone"] or "UTC", sorted(row["columns"] or ())
        return row["coin"], row["timestamp_column"], row["timestamp_kind"], zone, held

    for (coin, stamp, stamp_kind, zone, held), members in groupby(
        sorted(files, key=kind), key=kind
    ):
        listed = list(members)
        names = {
            name: (source, scale)
            for (of_coin, name), (source, scale) in columns.items()
            if of_coin == coin and (source in held or name in held)
        }
        moment = event_at(stamp, stamp_kind, zone)
        _measure(connection, coin, [row["file_path"] for row in listed], moment, names)


def event_at(column: str, kind: str, zone: str) -> str:
    """Return the SQL of a file's time column as naive UTC, by its declared kind."""
    name = duck.quoted(column)
    if kind in _INTEGER_US:
        return f"make_timestamp(cast(floor({name} {_INTEGER_US[kind]}) as bigint))"
    if kind == "timestamptz":
        return f"(cast({name} as timestamptz) at time zone 'UTC')"
    if zone in {"UTC", "Etc/UTC"}:
        return f"cast({name} as timestamp)"
    return (
        f"((cast({name} as timestamp) at time zone {duck.literal(zone)}) "
        "at time zone 'UTC')"
    )


def _measure(
    connection: duck.Connection,
    coin: str,
    paths: Sequence[str],
    moment: str,
    names: Mapping[str, tuple[str, float]],
) -> None:
    order = sorted(names)
    number = {
        name: f"try_cast({duck.quoted(names[name][0])} as double)" for name in order
    }
    quoted = {"best_bid", "best_ask"} <= set(order)
    crossed = f"{number['best_bid']} > {number['best_ask']}" if quoted else "false"
    counted = "".join(
        f", count({number[name]}) as n_{place}, min({number[name]}) as low_{place}, "
        f"max({number[name]}) as high_{place}"
        for place, name in enumerate(order)
    )
    connection.execute(
        f"create or replace temp table measured as select date_trunc('hour', {moment}) "
        f"as hour_at, count(*) as count_rows, count(*) filter (where {crossed}) as "
        f"count_crossed, min({moment}) as first_at, max({moment}) as last_at{counted} "
        f"from read_parquet({_files(paths)}, union_by_name = true, "
        "hive_partitioning = false) group by 1"
    )
    by = duck.literal(coin)
    connection.execute(
        f"insert into {HOURS} select {by}, hour_at, count_rows, count_crossed, "
        "first_at, last_at from measured where hour_at is not null"
    )
    if not order:
        return
    structs = ", ".join(
        _struct(place, name, names[name][1]) for place, name in enumerate(order)
    )
    connection.execute(
        f"insert into {COLUMNS} select {by}, hour_at, one.name, count_rows, one.known, "
        "one.low, one.high, coalesce(isfinite(one.low) and isfinite(one.high), true) "
        f"from (select hour_at, count_rows, unnest([{structs}]) as one from measured "
        "where hour_at is not null)"
    )


def _files(paths: Sequence[str]) -> str:
    return "[" + ", ".join(duck.literal(path) for path in paths) + "]"


def _struct(place: int, name: str, scale: float | None) -> str:
    times = "" if scale in {None, 1.0} else f" * cast({scale!r} as double)"
    return (
        f"{{'name': {duck.literal(name)}, 'known': n_{place}, "
        f"'low': low_{place}{times}, 'high': high_{place}{times}}}"
    )
