"""Checks that every raw table must pass: keys, order, times, unfit values, origin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from solalpha import clock
from solalpha.config import Parameters
from solalpha.warehouse import duck
from solalpha.warehouse.quality_report import FAIL, WARN
from solalpha.warehouse.quality_rows import Check, Condition, condition
from solalpha.warehouse.quality_tables import FILE, FILE_ROW, RawTable

FIRST_PLAUSIBLE = "2015-01-01"
# What a backward step of time in the order of arrival means there.
_SEQUENCED = {
    "trades": ("sequence_order", WARN),
    "book_snapshots": ("jump", FAIL),
}


def conditions(
    table: RawTable, now: datetime, parameters: Parameters
) -> list[Condition]:
    """Return what no single row of ``table`` may meet."""
    return [
        *_times(table, now, parameters),
        _missing(table),
        *(_unfit(table) if "unfit_values" in table.columns else []),
    ]


def create_steps_back(connection: duck.Connection, table: RawTable) -> None:
    """Gather the rows that may be out of order, in one pass in the files' own order.

    A row is gathered unless its file goes on from the row before it to a later or equal
    time and, where there are sequences, to a later one. A file without such a row has
    its times in order of its sequences too, whatever it is divided by.
    """
    later, sequence = "event_at >= before_at", "null"
    if table.name in _SEQUENCED:
        sequence = "sequence"
        later += (
            " and (sequence > before_sequence "
            "or (sequence = before_sequence and event_at = before_at))"
        )
    connection.execute(
        f"create or replace temp table {table.name}_back as select * from (select "
        f"coin, source, event_at, {FILE}, {FILE_ROW}, {sequence} as sequence, "
        "lag(event_at) over () as before_at, "
        f"lag({sequence}) over () as before_sequence from {table.name}) "
        f"where {FILE_ROW} > 0 and ({later}) is not true"
    )


def checks(table: RawTable) -> list[Check]:
    """Return the checks that compare the rows of ``table`` with one another."""
    found = [_order(table), _duplicates(table)]
    if table.name in _SEQUENCED:
        found.append(_sequence(table))
    return found


def plausible(now: datetime) -> str:
    """Return the condition that a row's event time can be true."""
    return f"event_at between timestamp '{FIRST_PLAUSIBLE}' and {_tomorrow(now)}"


def origin(tables: Sequence[RawTable]) -> Check:
    """Return the check that real and simulated rows are not mixed in one lake."""
    rows = " union all ".join(
        f"select origin, count_rows, first_at from {table.name}_days"
        for table in tables
    )
    return Check(
        name="origin",
        table="lake",
        sql=(
            f"select null, null, '{FAIL}', min(event_at), max(event_at), "
            "'rows of several origins: ' || string_agg(origin || ' ' || n, ', ' "
            "order by origin) from (select origin, "
            "cast(sum(count_rows) as bigint) as n, min(first_at) as event_at from ("
            + rows
            + ") where origin is not null "
            "group by origin) having count(*) > 1"
        ),
        remedy="keep simulated and real data in different data directories",
    )


def _now(now: datetime) -> str:
    moment = duck.literal(clock.iso(now))
    return f"(cast({moment} as timestamptz) at time zone 'UTC')"


def _tomorrow(now: datetime) -> str:
    return f"({_now(now)} + interval 1 day)"


def _times(table: RawTable, now: datetime, parameters: Parameters) -> list[Condition]:
    latest = "greatest(event_at, available_at)"
    ahead = f"({_now(now)} + interval {parameters.quality_clock_s} second)"
    return [
        condition(
            "time_unit",
            table.name,
            f"least(event_at, available_at) < timestamp '{FIRST_PLAUSIBLE}' "
            f"or {latest} > {_tomorrow(now)}",
            severity=FAIL,
            told=f"rows before {FIRST_PLAUSIBLE} or after tomorrow: seconds, "
            "milliseconds or microseconds were mistaken for each other",
            remedy="remove the rows' files; ingest them with the right time unit",
        ),
        condition(
            "future",
            table.name,
            f"{latest} > {ahead} and {latest} <= {_tomorrow(now)}",
            severity=FAIL,
            told=f"rows lie up to a day after the present, {clock.iso(now)}",
            remedy="set this machine's clock right, or the time zone of the source",
        ),
        condition(
            "available_at",
            table.name,
            "available_at < event_at",
            severity=FAIL,
            told="rows claim to be known before they happened",
            remedy="correct available_at: a decision would see the future",
        ),
    ]


def _missing(table: RawTable) -> Condition:
    missing = " or ".join(f"{duck.quoted(name)} is null" for name in table.required)
    # A number that was kept out as text is told by its own check.
    kept_out = " and unfit_values is null" if "unfit_values" in table.columns else ""
    return condition(
        "missing_values",
        table.name,
        f"({missing}){kept_out}",
        severity=FAIL,
        told=f"rows lack one of {', '.join(table.required)}",
        remedy="find the rows in their source; ingest the file again once corrected",
    )


def _unfit(table: RawTable) -> list[Condition]:
    texts = (
        "len(list_filter(json_extract_string(unfit_values, '$.*'), "
        "lambda text: try_cast(text as double) is null)) > 0"
    )
    return [
        condition(
            "numbers",
            table.name,
            f"unfit_values is not null and {texts}",
            severity=FAIL,
            told="rows hold text where a number belongs; it counts as unknown",
            remedy="look at the column unfit_values and correct the source",
        ),
        condition(
            "unfit_values",
            table.name,
            f"unfit_values is not null and not {texts}",
            severity=WARN,
            told="rows hold a number that does not fit; it counts as unknown and its "
            "text is kept",
            remedy="look at the column unfit_values; correct the source if it is wrong",
        ),
    ]


def _order(table: RawTable) -> Check:
    return Check(
        name="order",
        table=table.name,
        sql=(
            f"select coin, source, '{WARN}', min(event_at), max(event_at), "
            "count(*) || ' rows stand before an earlier one in their file, e.g. in ' "
            f"|| min({FILE}) from {table.name}_back "
            "where event_at < before_at group by coin, source"
        ),
        remedy="none needed for results, which sort by time; ingest the file again",
    )


def _duplicates(table: RawTable) -> Check:
    key = ", ".join(duck.quoted(name) for name in table.key)
    coin, source = (
        name if name in table.key else f"min({name})" for name in ("coin", "source")
    )
    return Check(
        name="duplicates",
        table=table.name,
        sql=(
            f"select coin, source, '{FAIL}', min(first_at), max(last_at), "
            f"sum(n - 1) || ' rows repeat a key ({', '.join(table.key)})' from ("
            f"select {coin} as coin, {source} as source, count(*) as n, "
            f"min(event_at) as first_at, max(event_at) as last_at from {table.name} "
            f"group by {key} having count(*) > 1) group by coin, source"
        ),
        remedy="remove the file that repeats them; a key is stored once",
    )


def _sequence(table: RawTable) -> Check:
    # Sequences count within one reading, and a part of another may stand beside it.
    name, severity = _SEQUENCED[table.name]
    return Check(
        name=name,
        table=table.name,
        sql=(
            f"select coin, source, '{severity}', min(event_at), max(before_at), "
            "count(*) || ' times the clock jumps back in the order of arrival, the "
            "farthest by ' || cast(round(epoch(max(before_at - event_at))) as bigint) "
            "|| ' s' from (select coin, source, event_at, lag(event_at) over ("
            f"partition by coin, source, ingest_id, {FILE} order by sequence) "
            f"as before_at from {table.name} where {FILE} in "
            f"(select {FILE} from {table.name}_back)) where event_at < before_at "
            "group by coin, source"
        ),
        remedy="ingest the stretch again from its source; its times are wrong",
    )
