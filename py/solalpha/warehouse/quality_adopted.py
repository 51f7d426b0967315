"""Checks of adopted order-flow files, which stay where their owner keeps them.

First the files: there, unchanged since adoption, readable, with the columns of the
other months. Then what they hold; see quality_flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from solalpha.config import Parameters, Paths
from solalpha.warehouse import duck, quality_clock, quality_flow, quality_hours
from solalpha.warehouse.quality_flow import TABLE
from solalpha.warehouse.quality_report import FAIL, PASS, WARN, Finding

_ADOPT = "run `solalpha ingest lakehouse` on the directory again"
_TOLERANCE_S = 1.0
_FILE_COLUMNS = (
    "coin",
    "file_path",
    "row_count",
    "size_bytes",
    "modified_at",
    "first_event_at",
    "last_event_at",
    "timestamp_column",
    "timestamp_kind",
    "time_zone",
    "columns",
)
_SOURCE = "lakehouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Registries:
    # Files in order of their coin and first event; (coin, name) to source and scale.
    files: tuple[dict[str, Any], ...]
    columns: Mapping[tuple[str, str], tuple[str, float]]


def check(
    connection: duck.Connection, paths: Paths, parameters: Parameters
) -> list[Finding]:
    """Check each adopted file, and what the good ones hold.

    The hours that they cover are left in the table ``order_flow_hours``.
    """
    quality_hours.create_empty(connection)
    try:
        found = _registries(connection, paths)
    except duckdb.Error as error:
        told = f"the registry of adopted files is unreadable: {duck.first_line(error)}"
        return [_finding("registry", FAIL, None, told)]
    if not found.files:
        return []
    problems = {row["file_path"]: _file(connection, row) for row in found.files}
    findings = [told for told in problems.values() if told is not None]
    if not findings:
        told = f"{len(found.files)} adopted files are unchanged"
        findings.append(_finding("files", PASS, None, told))
    findings += _drift(found.files)
    readable = [
        row
        for row in found.files
        if problems[row["file_path"]] is None or _is_open(connection, row)
    ]
    quality_hours.create(connection, readable, found.columns)
    findings += quality_clock.check(readable, parameters)
    return findings + quality_flow.check(connection, found.columns, parameters)


def _registries(connection: duck.Connection, paths: Paths) -> _Registries:
    files = _rows(connection, paths, "adopted_files", _FILE_COLUMNS)
    rows = _rows(
        connection,
        paths,
        "adopted_columns",
        ("coin", "column_name", "source_column", "scale"),
    )
    return _Registries(
        files=tuple(
            sorted(files, key=lambda row: (row["coin"], str(row["first_event_at"])))
        ),
        columns={
            (row["coin"], row["column_name"]): (row["source_column"], row["scale"])
            for row in rows
        },
    )


def _rows(
    connection: duck.Connection, paths: Paths, registry: str, names: Sequence[str]
) -> list[dict[str, Any]]:
    files = sorted((paths.raw / registry).rglob("*.parquet"))
    if not files:
        return []
    listed = ", ".join(duck.literal(str(file)) for file in files)
    found = duck.rows(
        connection,
        f"select {', '.join(names)} from read_parquet([{listed}], "
        "union_by_name = true, hive_partitioning = false)",
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def _file(connection: duck.Connection, row: dict[str, Any]) -> Finding | None:
    file = Path(row["file_path"])
    try:
        stat = file.stat()
    except OSError:
        return _finding("files", FAIL, row, f"{file} is missing since adoption")
    modified = datetime.fromtimestamp(stat.st_mtime, UTC)
    known = row["modified_at"]
    is_older = known is None or abs((modified - known).total_seconds()) <= _TOLERANCE_S
    if stat.st_size != row["size_bytes"] or not is_older:
        told = (
            f"{file} changed since adoption: {stat.st_size} bytes of {modified:%F %T}, "
            f"adopted with {row['size_bytes']} bytes"
        )
        return _finding("files", FAIL, row, told)
    try:
        ((count,),) = duck.rows(
            connection, f"select count(*) from read_parquet({duck.literal(str(file))})"
        )
    except duckdb.Error as error:
        told = f"{file} cannot be read: {duck.first_line(error)}"
        return _finding("files", FAIL, row, told)
    if count != row["row_count"]:
        told = f"{file} holds {count} rows; adopted with {row['row_count']}"
        return _finding("files", FAIL, row, told)
    return None


def _is_open(connection: duck.Connection, row: dict[str, Any]) -> bool:
    # Whether a file that is told already can still be looked into.
    file, stamp = duck.literal(row["file_path"]), duck.quoted(row["timestamp_column"])
    try:
        duck.rows(connection, f"select max({stamp}) from read_parquet({file})")
    except duckdb.Error:
        return False
    return True


def _drift(files: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    # Against the columns of the file before it in time, of the same coin.
    before: dict[str, Any] | None = None
    for row in files:
        if before is not None and before["coin"] == row["coin"]:
            old, new = (set(one["columns"] or ()) for one in (before, row))
            told = [f"{name} is gone" for name in sorted(old - new)]
            told += [f"{name} is new" for name in sorted(new - old)]
            if told:
                yield _finding(
                    "drift",
                    WARN,
                    row,
                    f"columns of {row['file_path']} are not those of the file before: "
                    + ", ".join(told),
                    "ask who writes the files; features of a column that is gone are "
                    "unknown there",
                )
        before = row


def _finding(
    check: str,
    severity: str,
    row: dict[str, Any] | None,
    told: str,
    remedy: str = _ADOPT,
) -> Finding:
    known = row or {}
    return Finding(
        check=f"{TABLE}.{check}",
        severity=severity,
        coin=known.get("coin"),
        source=_SOURCE if row else None,
        first_at=known.get("first_event_at"),
        last_at=known.get("last_event_at"),
        evidence=told,
        remedy="none" if severity == PASS else remedy,
    )
