"""Judge the raw tables before anything is built from them.

Everything is SQL over the raw parquet in a database in memory. A file that cannot
be read is named and left out; the others are still checked.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from solalpha.config import Parameters, Paths
from solalpha.warehouse import (
    duck,
    quality_adopted,
    quality_grid,
    quality_prices,
    quality_rows,
)
from solalpha.warehouse.quality_files import open_table
from solalpha.warehouse.quality_report import (
    FAIL,
    Finding,
    QualityReport,
    export,
    report,
)
from solalpha.warehouse.quality_rows import Check
from solalpha.warehouse.quality_tables import TABLES, RawTable

__all__ = ["Finding", "QualityReport", "check"]


def check(
    paths: Paths, parameters: Parameters, *, checked_at: datetime
) -> QualityReport:
    """Check the raw tables, export the findings and return them.

    Parameters
    ----------
    checked_at
        The present moment, aware: times after the next day are taken to be wrong.

    Returns
    -------
    QualityReport
        The verdict is FAIL where results would be wrong, WARN where they would be
        thinner, else PASS.
    """
    connection = duck.memory()
    try:
        findings = _findings(connection, paths, parameters, checked_at)
    finally:
        connection.close()
    found = report(findings, checked_at)
    export(paths, found)
    return found


def _findings(
    connection: duck.Connection,
    paths: Paths,
    parameters: Parameters,
    checked_at: datetime,
) -> list[Finding]:
    findings: list[Finding] = []
    filled: list[RawTable] = []
    for table in TABLES:
        files, problems = open_table(connection, paths, table)
        findings += problems
        if files:
            filled.append(table)
    adopted = quality_adopted.check(connection, paths, parameters)
    if not (filled or findings or adopted):
        return [_empty(paths)]
    for one in _checks(filled, parameters, checked_at):
        findings += _run(connection, one)
    return findings + adopted


def _checks(
    filled: list[RawTable], parameters: Parameters, checked_at: datetime
) -> list[Check]:
    names = {table.name for table in filled}
    listed = [one for table in filled for one in quality_rows.checks(table, checked_at)]
    listed += [
        one
        for one in (
            *quality_prices.checks(parameters),
            *quality_grid.checks(parameters),
        )
        if one.table in names
    ]
    return [*listed, quality_rows.origin(filled)] if filled else listed


def _run(connection: duck.Connection, one: Check) -> list[Finding]:
    try:
        return quality_rows.run(connection, one)
    except duckdb.Error as error:
        return [
            Finding(
                check=f"{one.table}.{one.name}",
                severity=FAIL,
                coin=None,
                source=None,
                first_at=None,
                last_at=None,
                evidence=f"the check could not run: {duck.first_line(error)}",
                remedy="look at the files of the table; something else is wrong there",
            )
        ]


def _empty(paths: Paths) -> Finding:
    return Finding(
        check="lake.empty",
        severity=FAIL,
        coin=None,
        source=None,
        first_at=None,
        last_at=None,
        evidence=f"no raw data under {paths.raw}",
        remedy="run `solalpha ingest` or `solalpha sample` first",
    )
