"""Checks of adopted order-flow files, which stay where their owner keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from solalpha.config import Parameters, Paths
from solalpha.warehouse import duck
from solalpha.warehouse.quality_report import FAIL, PASS, WARN, Finding

_TABLE = "order_flow"
_ADOPT = "run `solalpha ingest lakehouse` on the directory again"
_CORRECT = (
    "name the right columns in a --mapping file, or correct the file; adopt again"
)
_TOLERANCE_S = 1.0


def check(
    connection: duck.Connection, paths: Paths, parameters: Parameters
) -> list[Finding]:
    """Check each adopted file: there, unchanged since adoption, readable, sane."""
    connection.execute(
        "create or replace temp table order_flow_hours (coin varchar, "
        "hour_at timestamp)"
    )
    found = _registry(connection, paths)
    if isinstance(found, Finding):
        return [found]
    findings = [problem for row in found for problem in _file(connection, row)]
    findings += _quotes(connection, paths, found, parameters)
    if found and not findings:
        findings.append(
            _finding("files", PASS, None, f"{len(found)} adopted files are unchanged")
        )
    return findings


def _registry(
    connection: duck.Connection, paths: Paths
) -> list[dict[str, Any]] | Finding:
    names = (
        "coin",
        "file_path",
        "row_count",
        "size_bytes",
        "modified_at",
        "first_event_at",
        "last_event_at",
    )
    files = sorted((paths.raw / "adopted_files").rglob("*.parquet"))
    if not files:
        return []
    listed = ", ".join(duck.literal(str(file)) for file in files)
    try:
        rows = duck.rows(
            connection,
            f"select {', '.join(names)} from read_parquet([{listed}], "
            "union_by_name = true, hive_partitioning = false) order by file_path",
        )
    except duckdb.Error as error:
        told = f"the registry of adopted files is unreadable: {duck.first_line(error)}"
        return _finding("registry", FAIL, None, told)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _file(connection: duck.Connection, row: dict[str, Any]) -> Iterator[Finding]:
    file = Path(row["file_path"])
    try:
        stat = file.stat()
    except OSError:
        yield _finding("files", FAIL, row, f"{file} is missing since adoption")
        return
    modified = datetime.fromtimestamp(stat.st_mtime, UTC)
    known = row["modified_at"]
    is_older = known is None or abs((modified - known).total_seconds()) <= _TOLERANCE_S
    if stat.st_size != row["size_bytes"] or not is_older:
        told = (
            f"{file} changed since adoption: {stat.st_size} bytes of {modified:%F %T}, "
            f"adopted with {row['size_bytes']} bytes"
        )
        yield _finding("files", FAIL, row, told)
        return
    try:
        ((count,),) = duck.rows(
            connection, f"select count(*) from read_parquet({duck.literal(str(file))})"
        )
    except duckdb.Error as error:
        told = f"{file} cannot be read: {duck.first_line(error)}"
        yield _finding("files", FAIL, row, told)
        return
    if count != row["row_count"]:
        told = f"{file} holds {count} rows; adopted with {row['row_count']}"
        yield _finding("files", FAIL, row, told)


def _quotes(
    connection: duck.Connection,
    paths: Paths,
    registry: list[dict[str, Any]],
    parameters: Parameters,
) -> Iterator[Finding]:
    names = _source_names(connection, paths)
    for row in registry:
        bid = names.get((row["coin"], "best_bid"))
        ask = names.get((row["coin"], "best_ask"))
        if bid is None or ask is None:
            told = "the best bid or ask of an adopted coin is not mapped"
            yield _finding("quotes", FAIL, row, told)
            continue
        bid, ask = duck.quoted(bid), duck.quoted(ask)
        try:
            ((count, crossed, odd),) = duck.rows(
                connection,
                f"select count(*), count(*) filter (where {bid} > {ask}), "
                f"count(*) filter (where {bid} <= 0 or {ask} <= 0) "
                f"from read_parquet({duck.literal(row['file_path'])})",
            )
        except duckdb.Error:
            continue  # told by the check of the file
        yield from _judged(row, (count, crossed, odd), parameters)


def _judged(
    row: dict[str, Any], counts: tuple[int, int, int], parameters: Parameters
) -> Iterator[Finding]:
    count, crossed, odd = counts
    if odd:
        told = f"{odd} of {count} rows of {row['file_path']} have a quote at or below 0"
        yield _finding("positive", FAIL, row, told, _CORRECT)
    if crossed:
        is_much = crossed > parameters.quality_crossed_share * count
        file = row["file_path"]
        told = f"{crossed} of {count} rows of {file} have the bid above the ask"
        severity = FAIL if is_much else WARN
        yield _finding("crossed", severity, row, told, _CORRECT)


def _source_names(
    connection: duck.Connection, paths: Paths
) -> dict[tuple[str, str], str]:
    files = sorted((paths.raw / "adopted_columns").rglob("*.parquet"))
    if not files:
        return {}
    listed = ", ".join(duck.literal(str(file)) for file in files)
    try:
        rows = duck.rows(
            connection,
            "select coin, column_name, source_column from read_parquet("
            f"[{listed}], union_by_name = true, hive_partitioning = false)",
        )
    except duckdb.Error:
        return {}
    return {(coin, name): source for coin, name, source in rows}


def _finding(
    check: str,
    severity: str,
    row: dict[str, Any] | None,
    told: str,
    remedy: str = _ADOPT,
) -> Finding:
    known = row or {}
    return Finding(
        check=f"{_TABLE}.{check}",
        severity=severity,
        coin=known.get("coin"),
        source="lakehouse" if row else None,
        first_at=known.get("first_event_at"),
        last_at=known.get("last_event_at"),
        evidence=told,
        remedy="none" if severity == PASS else remedy,
    )
