"""Run the checks of raw tables and turn what they return into findings.

A check is one query that returns a row per thing wrong: coin, source, severity, first
and last moment, evidence. No row means that it passed. Conditions on single rows are
counted together, in one pass over their table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from solalpha import clock
from solalpha.warehouse import duck
from solalpha.warehouse.quality_report import FAIL, PASS, WARN, Finding
from solalpha.warehouse.quality_tables import ROW_HASH

_BROKEN = "look at the files of the table; something else is wrong there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Name a query of one table and what to do about what it returns."""

    name: str
    table: str
    sql: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Name what no single row may meet.

    ``told`` follows the count in the evidence. Where ``fail_share`` is given, a finding
    is FAIL only if more than that share of some day's rows meet the condition.
    """

    name: str
    table: str
    sql: str
    severity: str
    told: str
    remedy: str
    fail_share: float | None


def condition(
    name: str,
    table: str,
    sql: str,
    *,
    severity: str,
    told: str,
    remedy: str,
    fail_share: float | None = None,
) -> Condition:
    """Return a condition; see there."""
    return Condition(
        name=name,
        table=table,
        sql=sql,
        severity=severity,
        told=told,
        remedy=remedy,
        fail_share=fail_share,
    )


def run(connection: duck.Connection, check: Check) -> list[Finding]:
    """Run ``check`` and return its findings; one PASS where nothing is wrong."""
    try:
        rows = duck.rows(
            connection,
            f"select coin, source, severity, {_shown('first_at')}, "
            f"{_shown('last_at')}, evidence from ({check.sql}) "
            "as found (coin, source, severity, first_at, last_at, evidence)",
        )
        passed = [] if rows else [_passed(connection, check)]
    except duckdb.Error as error:
        return [_broken(check.table, check.name, error)]
    return [_finding(check, row) for row in rows] or passed


def count_days(
    connection: duck.Connection, table: str, conditions: Sequence[Condition]
) -> None:
    """Count the rows of ``table`` that meet each condition, by day, in one pass.

    The pass reads every column of every file, so that a torn one raises.
    """
    marked = ", ".join(
        f"coalesce({found.sql}, false) as is_{n}" for n, found in enumerate(conditions)
    )
    counted = ", ".join(
        f"count(*) filter (where is_{n}) as count_{n}, "
        f"min(event_at) filter (where is_{n}) as first_{n}, "
        f"max(event_at) filter (where is_{n}) as last_{n}"
        for n in range(len(conditions))
    )
    connection.execute(
        f"create or replace temp table {table}_days as select coin, source, origin, "
        "date_trunc('day', event_at) as day_at, count(*) as count_rows, "
        "min(event_at) as first_at, max(event_at) as last_at, "
        f"max({ROW_HASH}) as read_whole, {counted} from (select coin, source, origin, "
        f"event_at, {ROW_HASH}, {marked} from {table}) group by all"
    )


def _by_day(table: str, count: int) -> str:
    joined = "".join(
        f", sum(count_{n}) as count_{n}, min(first_{n}) as first_{n}, "
        f"max(last_{n}) as last_{n}"
        for n in range(count)
    )
    return (
        "select coin, source, day_at, sum(count_rows) as count_rows, "
        f"min(first_at) as first_at, max(last_at) as last_at{joined} "
        f"from {table}_days group by coin, source, day_at"
    )


def _is_counted(connection: duck.Connection, table: str) -> bool:
    named = duck.literal(f"{table}_days")
    sql = f"select 1 from duckdb_tables() where table_name = {named}"
    return bool(duck.rows(connection, sql))


def run_conditions(
    connection: duck.Connection, table: str, conditions: Sequence[Condition]
) -> list[Finding]:
    """Tell the rows of ``table`` that meet each condition, from its counted days."""
    joined = ", ".join(
        f"cast(sum(count_{n}) as bigint), {_shown(f'min(first_{n})')}, "
        f"{_shown(f'max(last_{n})')}, "
        f"max(count_{n} / count_rows)"
        for n in range(len(conditions))
    )
    try:
        if not _is_counted(connection, table):
            count_days(connection, table, conditions)
        rows = duck.rows(
            connection,
            "select coin, source, cast(sum(count_rows) as bigint), "
            f"{_shown('min(first_at)')}, {_shown('max(last_at)')}, {joined} "
            f"from ({_by_day(table, len(conditions))}) "
            "group by coin, source order by coin, source",
        )
    except duckdb.Error as error:
        return [_broken(table, found.name, error) for found in conditions]
    return [
        finding
        for number, found in enumerate(conditions)
        for finding in _judged(found, rows, 5 + 4 * number)
    ]


def _judged(
    found: Condition, rows: Sequence[tuple[object, ...]], place: int
) -> list[Finding]:
    check = Check(name=found.name, table=found.table, sql="", remedy=found.remedy)
    findings: list[Finding] = []
    for row in rows:
        count, first_at, last_at, share = row[place : place + 4]
        if not isinstance(count, int) or not isinstance(share, float) or not count:
            continue
        severity = found.severity
        if found.fail_share is not None:
            severity = FAIL if share > found.fail_share else WARN
        told = f"{count} {found.told}".replace("{of}", f"of {row[2]}")
        findings.append(
            _finding(check, (row[0], row[1], severity, first_at, last_at, told))
        )
    if findings:
        return findings
    total = sum(row[2] for row in rows if isinstance(row[2], int))
    firsts = [row[3] for row in rows if isinstance(row[3], datetime)]
    lasts = [row[4] for row in rows if isinstance(row[4], datetime)]
    span = (min(firsts, default=None), max(lasts, default=None))
    return [_pass(found.table, found.name, total, *span)]


def where(table: str, sql: str, severity: str, told: str) -> str:
    """Return the query of a check that counts the rows that meet ``sql``.

    ``told`` follows the count in the evidence.
    """
    return (
        f"select coin, source, {duck.literal(severity)}, min(event_at), "
        f"max(event_at), count(*) || {duck.literal(' ' + told)} from {table} "
        f"where {sql} group by coin, source"
    )


def _shown(moment: str) -> str:
    # Python has no year beyond 9999, which a mistaken time unit easily gives.
    return (
        f"case when {moment} between timestamp '0001-01-02' "
        f"and timestamp '9999-12-30' then {moment} end"
    )


def _finding(check: Check, row: Sequence[object]) -> Finding:
    coin, source, severity, first_at, last_at, evidence = row
    return Finding(
        check=f"{check.table}.{check.name}",
        severity=str(severity),
        coin=None if coin is None else str(coin),
        source=None if source is None else str(source),
        first_at=_aware(first_at),
        last_at=_aware(last_at),
        evidence=str(evidence),
        remedy=check.remedy,
    )


def _passed(connection: duck.Connection, check: Check) -> Finding:
    if check.table == "lake":
        return _pass(check.table, check.name, None, None, None)
    sql = (
        "select cast(coalesce(sum(count_rows), 0) as bigint), "
        f"{_shown('min(first_at)')}, {_shown('max(last_at)')} from "
    )
    try:
        rows = duck.rows(connection, f"{sql}{check.table}_days")
    except duckdb.CatalogException:
        days = "select 1 as count_rows, event_at as first_at, event_at as last_at"
        rows = duck.rows(connection, f"{sql}({days} from {check.table})")
    ((count, first_at, last_at),) = rows
    return _pass(check.table, check.name, count, first_at, last_at)


def _pass(
    table: str, name: str, count: int | None, first_at: object, last_at: object
) -> Finding:
    return Finding(
        check=f"{table}.{name}",
        severity=PASS,
        coin=None,
        source=None,
        first_at=_aware(first_at),
        last_at=_aware(last_at),
        evidence=(
            "nothing found" if count is None else f"nothing found in {count} rows"
        ),
        remedy="none",
    )


def _broken(table: str, name: str, error: duckdb.Error) -> Finding:
    return Finding(
        check=f"{table}.{name}",
        severity=FAIL,
        coin=None,
        source=None,
        first_at=None,
        last_at=None,
        evidence=f"the check could not run: {duck.first_line(error)}",
        remedy=_BROKEN,
    )


def _aware(moment: object) -> datetime | None:
    return clock.aware(moment) if isinstance(moment, datetime) else None
