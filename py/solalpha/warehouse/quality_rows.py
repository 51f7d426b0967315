"""Checks of every table's rows: keys, order, time units, kept-out values, origin.

Each check is one query that returns a row per thing wrong: coin, source, severity,
first and last moment, evidence. No row means that the check passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from solalpha import clock
from solalpha.warehouse import duck
from solalpha.warehouse.quality_report import FAIL, PASS, WARN, Finding
from solalpha.warehouse.quality_tables import FILE, FILE_ROW, RawTable

FIRST_PLAUSIBLE = "2015-01-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Name a query of one table and what to do about what it returns."""

    name: str
    table: str
    sql: str
    remedy: str


def run(connection: duck.Connection, check: Check) -> list[Finding]:
    """Run ``check`` and return its findings; one PASS where nothing is wrong."""
    found = [
        Finding(
            check=f"{check.table}.{check.name}",
            severity=severity,
            coin=coin,
            source=source,
            first_at=_aware(first_at),
            last_at=_aware(last_at),
            evidence=evidence,
            remedy=check.remedy,
        )
        for coin, source, severity, first_at, last_at, evidence in duck.rows(
            connection, check.sql
        )
    ]
    return found or [_passed(connection, check)]


def where(
    table: str, condition: str, severity: str, told: str, moment: str = "event_at"
) -> str:
    """Return the query of a check that counts the rows that meet ``condition``.

    ``told`` follows the count in the evidence.
    """
    return (
        f"select coin, source, {duck.literal(severity)}, min({moment}), max({moment}), "
        f"count(*) || {duck.literal(' ' + told)} from {table} where {condition} "
        "group by coin, source"
    )


def checks(table: RawTable, now: datetime) -> list[Check]:
    """Return the checks that every raw table must pass."""
    return [
        _unit(table, now),
        _order(table),
        _duplicates(table),
        _nulls(table),
        *(_unfit(table) if "unfit_values" in table.columns else []),
    ]


def origin(tables: Sequence[RawTable]) -> Check:
    """Return the check that real and simulated rows are not mixed in one lake."""
    rows = " union all ".join(
        f"select origin, event_at from {table.name}" for table in tables
    )
    return Check(
        name="origin",
        table="lake",
        sql=(
            f"select null, null, '{FAIL}', min(event_at), max(event_at), "
            "'rows of several origins: ' || string_agg(origin || ' ' || n, ', ' "
            "order by origin) from (select origin, count(*) as n, "
            "min(event_at) as event_at from (" + rows + ") where origin is not null "
            "group by origin) having count(*) > 1"
        ),
        remedy="keep simulated and real data in different data directories",
    )


def _unit(table: RawTable, now: datetime) -> Check:
    last = duck.literal(clock.iso(now))
    moments = [name for name in ("event_at", "available_at") if name in table.columns]
    outside = " or ".join(
        f"{name} < timestamp '{FIRST_PLAUSIBLE}' or {name} > "
        f"(cast({last} as timestamptz) at time zone 'UTC') + interval 1 day"
        for name in moments
    )
    return Check(
        name="time_unit",
        table=table.name,
        sql=where(
            table.name,
            outside,
            FAIL,
            f"rows before {FIRST_PLAUSIBLE} or after tomorrow: seconds, milliseconds "
            "or microseconds were mistaken for each other",
        ),
        remedy="remove the rows' files and ingest them again with the right time unit",
    )


def _order(table: RawTable) -> Check:
    return Check(
        name="order",
        table=table.name,
        sql=(
            f"select coin, source, '{WARN}', min(event_at), max(event_at), "
            "count(*) || ' rows stand before an earlier one in their file, e.g. in ' "
            f"|| min({FILE}) from (select *, lag(event_at) over (partition by {FILE} "
            f"order by {FILE_ROW}) as before_at from {table.name}) "
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


def _nulls(table: RawTable) -> Check:
    missing = " or ".join(f"{duck.quoted(name)} is null" for name in table.required)
    # A number that was kept out as text is told by its own check.
    kept_out = " and unfit_values is null" if "unfit_values" in table.columns else ""
    return Check(
        name="missing_values",
        table=table.name,
        sql=where(
            table.name,
            f"({missing}){kept_out}",
            FAIL,
            f"rows lack one of {', '.join(table.required)}",
        ),
        remedy="find the rows in their source; ingest the file again once corrected",
    )


def _unfit(table: RawTable) -> list[Check]:
    texts = (
        "len(list_filter(json_extract_string(unfit_values, '$.*'), "
        "lambda text: try_cast(text as double) is null)) > 0"
    )
    return [
        Check(
            name="numbers",
            table=table.name,
            sql=where(
                table.name,
                f"unfit_values is not null and {texts}",
                FAIL,
                "rows hold text where a number belongs; it counts as unknown",
            ),
            remedy="look at the column unfit_values and correct the source",
        ),
        Check(
            name="unfit_values",
            table=table.name,
            sql=where(
                table.name,
                f"unfit_values is not null and not {texts}",
                WARN,
                "rows hold a number that does not fit; it counts as unknown and its "
                "text is kept",
            ),
            remedy="look at the column unfit_values; correct the source if it is wrong",
        ),
    ]


def _passed(connection: duck.Connection, check: Check) -> Finding:
    told = "nothing found"
    first_at = last_at = None
    if check.table != "lake":
        ((count, first_at, last_at),) = duck.rows(
            connection,
            f"select count(*), min(event_at), max(event_at) from {check.table}",
        )
        told = f"nothing found in {count} rows"
    return Finding(
        check=f"{check.table}.{check.name}",
        severity=PASS,
        coin=None,
        source=None,
        first_at=_aware(first_at),
        last_at=_aware(last_at),
        evidence=told,
        remedy="none",
    )


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else clock.aware(moment)
