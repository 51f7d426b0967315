"""Judge the raw tables before anything is built from them.

Everything is SQL over the raw parquet in a database in memory. A file that cannot
be read is named and left out; the others are still checked.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from functools import partial

from solalpha.config import Parameters, Paths
from solalpha.warehouse import (
    duck,
    quality_adopted,
    quality_completeness,
    quality_funding,
    quality_generic,
    quality_grid,
    quality_prices,
    quality_series,
    quality_steps,
)
from solalpha.warehouse.quality_files import open_table
from solalpha.warehouse.quality_report import (
    FAIL,
    Completeness,
    Finding,
    QualityReport,
    export,
    report,
)
from solalpha.warehouse.quality_rows import Condition, count_days, run, run_conditions
from solalpha.warehouse.quality_tables import TABLES, RawTable

__all__ = ["Completeness", "Finding", "QualityReport", "check"]

# What a check holds in memory; what needs more goes to a temporary directory.
_MEMORY = "2GB"


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
    with tempfile.TemporaryDirectory(prefix="solalpha-check-") as folder:
        connection = duck.memory()
        try:
            connection.execute(f"set memory_limit = '{_MEMORY}'")
            connection.execute(f"set temp_directory = {duck.literal(folder)}")
            findings, cells = _findings(connection, paths, parameters, checked_at)
        finally:
            connection.close()
    found = report(findings, cells, checked_at)
    export(paths, found)
    return found


def _findings(
    connection: duck.Connection,
    paths: Paths,
    parameters: Parameters,
    checked_at: datetime,
) -> tuple[list[Finding], tuple[Completeness, ...]]:
    findings: list[Finding] = []
    filled: list[RawTable] = []
    for table in TABLES:
        conditions = _conditions(table, parameters, checked_at)
        files, problems = open_table(
            connection,
            paths,
            table,
            partial(count_days, connection, table.name, conditions),
        )
        findings += problems
        if files:
            filled.append(table)
    adopted = quality_adopted.check(connection, paths, parameters)
    if not (filled or findings or adopted):
        return [_empty(paths)], ()
    for table in filled:
        findings += _rows(connection, table, parameters, checked_at)
    findings += _series(connection, filled, parameters, checked_at)
    names = {table.name for table in filled}
    cells = quality_completeness.measure(connection, names, parameters)
    findings += quality_completeness.finding(cells, parameters)
    return findings + adopted, cells


def _rows(
    connection: duck.Connection,
    table: RawTable,
    parameters: Parameters,
    checked_at: datetime,
) -> list[Finding]:
    conditions = _conditions(table, parameters, checked_at)
    findings = run_conditions(connection, table.name, conditions)
    quality_generic.create_steps_back(connection, table)
    for one in quality_generic.checks(table):
        findings += run(connection, one)
    return findings


def _conditions(
    table: RawTable, parameters: Parameters, checked_at: datetime
) -> list[Condition]:
    prices = quality_prices.conditions(parameters)
    return [
        *quality_generic.conditions(table, checked_at, parameters),
        *(one for one in prices if one.table == table.name),
    ]


def _series(
    connection: duck.Connection,
    filled: list[RawTable],
    parameters: Parameters,
    checked_at: datetime,
) -> list[Finding]:
    names = {table.name for table in filled}
    quality_steps.create(connection, names, parameters, checked_at)
    listed = [
        one
        for one in (
            *quality_series.checks(parameters),
            *quality_grid.checks(parameters),
            *quality_funding.checks(parameters),
        )
        if one.table in names or one.table == "lake"
    ]
    if filled:
        listed.append(quality_generic.origin(filled))
    return [finding for one in listed for finding in run(connection, one)]


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
