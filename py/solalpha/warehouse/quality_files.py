"""Checks of the files themselves: readable, whole, with the expected columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from solalpha.config import Paths
from solalpha.warehouse import duck
from solalpha.warehouse.quality_report import FAIL, WARN, Finding
from solalpha.warehouse.quality_tables import (
    NUMBER,
    WHOLE,
    RawTable,
    create_view,
    file_list,
    is_fit,
)

Footer = tuple[tuple[object, ...], ...]
SEALED_NAMES = ("day.parquet", "month.parquet")
_NAMED = 3
_RESTORE = "restore the file from a backup, or remove it and ingest it again"


def open_table(
    connection: duck.Connection,
    paths: Paths,
    table: RawTable,
    read_whole: Callable[[], None],
) -> tuple[int, list[Finding]]:
    """Create the view of ``table`` over its good files; tell what is wrong with others.

    Parameters
    ----------
    read_whole
        Reads the view's every row and column, whatever else it does. Where it cannot,
        the files are read one by one.

    Returns
    -------
    tuple[int, list[Finding]]
        Number of good files and the findings.
    """
    files = counted_files(paths.raw / table.name)
    groups, findings = _by_columns(connection, table, files)
    good: list[tuple[Mapping[str, str], list[Path]]] = []
    create_view(connection, table, groups)
    is_whole = bool(groups) and _succeeds(read_whole)
    for columns, members in groups:
        whole = members
        if not is_whole:
            whole, torn = _whole(connection, table, members)
            findings += torn
        findings += _drift(table, columns, groups, whole)
        findings += _column_findings(connection, table, columns, whole)
        if whole:
            good.append((columns, whole))
    if not is_whole:
        create_view(connection, table, good)
    return sum(len(members) for _, members in good), findings


def counted_files(folder: Path) -> list[Path]:
    """Return the parquet files below ``folder`` that count, sorted.

    Where a folder holds a sealed ``day.parquet`` or ``month.parquet``, its parts are
    superseded.
    """
    files = sorted(folder.rglob("*.parquet"))
    sealed = {file.parent for file in files if file.name in SEALED_NAMES}
    return [f for f in files if f.name in SEALED_NAMES or f.parent not in sealed]


def _by_columns(
    connection: duck.Connection, table: RawTable, files: Sequence[Path]
) -> tuple[list[tuple[Mapping[str, str], list[Path]]], list[Finding]]:
    # Files that share their columns are read together.
    groups: dict[tuple[tuple[str, str], ...], list[Path]] = {}
    findings: list[Finding] = []
    footers = _footers(connection, files)
    known: dict[Footer, tuple[tuple[str, str], ...]] = {}
    for file in files:
        footer = footers.get(file)
        columns = known.get(footer) if footer else None
        if columns is None:
            try:
                columns = _columns(connection, file)
            except duckdb.Error as error:
                findings.append(_unreadable(table, file, error))
                continue
            if footer:
                known[footer] = columns
        groups.setdefault(columns, []).append(file)
    return [(dict(columns), members) for columns, members in groups.items()], findings


def _footers(connection: duck.Connection, files: Sequence[Path]) -> dict[Path, Footer]:
    # What the footers say of their columns, all at once; none if one is unreadable.
    found: dict[Path, list[tuple[object, ...]]] = {}
    try:
        rows = duck.rows(
            connection,
            "select file_name, column_id, name, type, repetition_type, num_children, "
            "converted_type, scale, precision, logical_type, duckdb_type "
            f"from parquet_schema({file_list(files)})",
        )
    except duckdb.Error:
        return {}
    for name, *described in rows:
        found.setdefault(Path(name), []).append(tuple(described))
    return {file: tuple(described) for file, described in found.items()}


def _columns(connection: duck.Connection, file: Path) -> tuple[tuple[str, str], ...]:
    described = duck.rows(
        connection,
        f"describe select * from read_parquet({duck.literal(str(file))}, "
        "hive_partitioning = false)",
    )
    return tuple((str(row[0]), str(row[1]).upper()) for row in described)


def _succeeds(read_whole: Callable[[], None]) -> bool:
    try:
        read_whole()
    except duckdb.Error:
        return False
    return True


def _whole(
    connection: duck.Connection, table: RawTable, files: Sequence[Path]
) -> tuple[list[Path], list[Finding]]:
    try:
        _scan(connection, files)
    except duckdb.Error:
        return _whole_one_by_one(connection, table, files)
    return list(files), []


def _whole_one_by_one(
    connection: duck.Connection, table: RawTable, files: Sequence[Path]
) -> tuple[list[Path], list[Finding]]:
    good: list[Path] = []
    findings: list[Finding] = []
    for file in files:
        try:
            _scan(connection, [file])
        except duckdb.Error as error:
            findings.append(_unreadable(table, file, error))
        else:
            good.append(file)
    return good, findings


def _scan(connection: duck.Connection, files: Sequence[Path]) -> None:
    duck.rows(
        connection,
        f"select max(hash(t)) from read_parquet({file_list(files)}, "
        "hive_partitioning = false) as t",
    )


def _unreadable(table: RawTable, file: Path, error: duckdb.Error) -> Finding:
    return Finding(
        check=f"{table.name}.readable",
        severity=FAIL,
        coin=coin_of(file),
        source=None,
        first_at=None,
        last_at=None,
        evidence=f"{file} cannot be read: {duck.first_line(error)}",
        remedy=_RESTORE,
    )


def _column_findings(
    connection: duck.Connection,
    table: RawTable,
    columns: Mapping[str, str],
    files: Sequence[Path],
) -> Iterator[Finding]:
    if not files:
        return
    for name in table.required:
        if name not in columns:
            yield _about_column(
                table, files, "columns", FAIL, f"column {name} is missing"
            )
    for name, kind in table.columns.items():
        found = columns.get(name)
        if found is None:
            continue
        if not is_fit(kind, found):
            told = f"column {name} is {found}; expected {kind}"
            yield _about_column(table, files, "types", FAIL, told)
        elif kind in (NUMBER, WHOLE) and found.startswith("VARCHAR"):
            yield from _text_in_number(connection, table, name, files)


def _drift(
    table: RawTable,
    columns: Mapping[str, str],
    groups: Sequence[tuple[Mapping[str, str], list[Path]]],
    files: Sequence[Path],
) -> Iterator[Finding]:
    # Against the columns that most files have; the first of equals is the oldest.
    usual = max(groups, key=lambda group: len(group[1]))[0]
    added = sorted(set(columns) - set(usual))
    lost = sorted(set(usual) - set(columns) - set(table.required))
    told = [f"column {', '.join(added)} is new"] if added else []
    told += [f"column {', '.join(lost)} is gone"] if lost else []
    if files and told:
        yield _about_column(
            table,
            files,
            "schema_drift",
            WARN,
            f"{' and '.join(told)}, against most files,",
        )


def _text_in_number(
    connection: duck.Connection, table: RawTable, name: str, files: Sequence[Path]
) -> Iterator[Finding]:
    column = duck.quoted(name)
    ((count, sample),) = duck.rows(
        connection,
        f"select count(*), min({column}) from read_parquet({file_list(files)}, "
        f"hive_partitioning = false) where {column} is not null "
        f"and try_cast({column} as double) is null",
    )
    if count:
        told = f"column {name} holds text in {count} rows, e.g. {sample!r}"
        yield _about_column(table, files, "numbers", FAIL, told)
    else:
        told = f"column {name} is stored as text"
        yield _about_column(table, files, "types", WARN, told)


def _about_column(
    table: RawTable, files: Sequence[Path], check: str, severity: str, told: str
) -> Finding:
    named = ", ".join(str(file) for file in files[:_NAMED])
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    coins = {coin_of(file) for file in files}
    return Finding(
        check=f"{table.name}.{check}",
        severity=severity,
        coin=coins.pop() if len(coins) == 1 else None,
        source=None,
        first_at=None,
        last_at=None,
        evidence=f"{told} in {named}{more}",
        remedy="remove the file and ingest its data again with the right columns",
    )


def coin_of(file: Path) -> str | None:
    """Return the coin that a raw file's folder names, None where it names none."""
    for part in reversed(file.parts):
        if part.startswith("coin="):
            coin = part.removeprefix("coin=")
            return None if coin == "ALL" else coin
    return None
