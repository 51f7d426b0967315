"""Publish the public models as one read-only file behind an atomically moved link.

Readers open the file that the link names and keep it for as long as they like; a
newer version appears beside it. Nobody ever sees half a version.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

import solalpha
from solalpha.config import Parameters, Paths, project_dir
from solalpha.errors import DataError
from solalpha.warehouse import build_id as identity
from solalpha.warehouse import catalog, duck, versions
from solalpha.warehouse.build import DAILY, PROD, database, for_target
from solalpha.warehouse.catalog import Catalog

# Clients from DuckDB 1.0 on open the published file, at a third more bytes than v1.4.0.
STORAGE_VERSION = "v1.0.0"
INFO_TABLE = "build_info"
SCHEMAS = {PROD: "main", DAILY: "daily"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    # One built database: its public models go into one schema of the version.
    target: str
    file: Path
    parameters: Parameters
    catalog: Catalog

    @property
    def schema(self) -> str:
        return SCHEMAS[self.target]

    @property
    def source(self) -> str:
        return f"{duck.quoted(self.file.stem)}.{duck.quoted(self.schema)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    # What makes a version what it is, and when it was first written.
    name: str
    facts: Mapping[str, object]
    published_at: datetime


def publish(
    paths: Paths,
    parameters: Parameters,
    *,
    raw_manifest: Mapping[str, object],
    published_at: datetime,
    project: Path | None = None,
) -> str:
    """Publish what was built and return the version's build id.

    Parameters
    ----------
    raw_manifest
        What the raw tables held when the build began.
    published_at
        The present moment, aware.
    project
        Another dbt project whose code goes into the id; its models must be built.

    Raises
    ------
    DataError
        If nothing was built, a public model is missing or someone is building.
    """
    parts = _parts(paths, parameters)
    connection = duck.memory()
    try:
        for part in parts:
            _attach(connection, part)
        content = {part.target: _content(connection, part) for part in parts}
        facts = {
            "raw": identity.of_mapping(raw_manifest),
            "code": identity.of_code(project or project_dir()),
            "results": identity.of_results(paths),
            "content": identity.of_mapping(content),
            "parameters": {
                part.target: part.parameters.fingerprint() for part in parts
            },
            "storage": STORAGE_VERSION,
        }
        name = identity.of_mapping(facts)
        if not _is_intact(paths, name, content):
            made = _Version(name=name, facts=facts, published_at=published_at)
            with versions.written(paths, name) as unfinished:
                _write(connection, unfinished, parts, made)
    finally:
        connection.close()
    versions.point_to(paths, name)
    versions.prune(paths)
    return name


def _parts(paths: Paths, parameters: Parameters) -> list[_Part]:
    found = [
        _Part(
            target=target,
            file=database(paths, target),
            parameters=for_target(parameters, target),
            catalog=Catalog(models=catalog.public_models(paths, target=target)),
        )
        for target in SCHEMAS
        if database(paths, target).exists()
    ]
    if not found:
        raise DataError(
            f"nothing to publish: no built warehouse in {paths.warehouse}; expected "
            f"{database(paths, PROD).name}; run `solalpha build`"
        )
    return found


def _attach(connection: duck.Connection, part: _Part) -> None:
    try:
        connection.execute(
            f"attach {duck.literal(str(part.file))} as {duck.quoted(part.file.stem)} "
            "(read_only)"
        )
    except duckdb.Error as error:
        refusal = duck.lock_refusal(part.file, error)
        raise refusal or DataError(
            f"warehouse {part.file} cannot be read: {duck.first_line(error)}"
        ) from error


def _content(connection: duck.Connection, part: _Part) -> dict[str, str]:
    built = {
        name
        for (name,) in duck.rows(
            connection,
            "select table_name from information_schema.tables "
            "where table_catalog = ? and table_schema = ?",
            [part.file.stem, part.schema],
        )
    }
    missing = sorted(set(part.catalog.names()) - built)
    if missing:
        raise DataError(
            f"public models {', '.join(missing)} are not in {part.file}; expected all "
            "of them; run `solalpha build` without a selection"
        )
    return {
        model: table_digest(connection, f"{part.source}.{duck.quoted(model)}")
        for model in part.catalog.names()
    }


def table_digest(connection: duck.Connection, table: str) -> str:
    """Return row count and a digest of the rows that their order does not change."""
    ((count, digest),) = duck.rows(
        connection, f"select count(*), sum(cast(hash(t) as hugeint)) from {table} as t"
    )
    return f"{count}:{digest}"


def _is_intact(
    paths: Paths, name: str, content: Mapping[str, Mapping[str, str]]
) -> bool:
    file = versions.file_of(paths, name)
    if not file.exists():
        return False
    try:
        connection = duck.read_only(file)
    except duckdb.Error:
        return False
    try:
        return all(
            table_digest(connection, f"{SCHEMAS[target]}.{duck.quoted(model)}")
            == digest
            for target, models in content.items()
            for model, digest in models.items()
        )
    except duckdb.Error:
        return False
    finally:
        connection.close()


def _write(
    connection: duck.Connection,
    file: Path,
    parts: list[_Part],
    made: _Version,
) -> None:
    connection.execute(
        f"attach {duck.literal(str(file))} as published "
        f"(storage_version {duck.literal(STORAGE_VERSION)})"
    )
    try:
        connection.execute("begin")
        for part in parts:
            schema = _published(part)
            connection.execute(f"create schema if not exists {schema}")
            for model in part.catalog.models:
                _copy(connection, part, model, f"Build {made.name}.")
            catalog.write(connection, schema, part.catalog)
            _write_info(connection, schema, part, made)
        connection.execute("commit")
        connection.execute("checkpoint published")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.execute("rollback")
        raise
    finally:
        connection.execute("detach published")


def _published(part: _Part) -> str:
    return f"published.{duck.quoted(part.schema)}"


def _copy(
    connection: duck.Connection,
    part: _Part,
    model: catalog.ModelEntry,
    mark: str,
) -> None:
    table = f"{_published(part)}.{duck.quoted(model.name)}"
    connection.execute(
        f"create table {table} as select * from {part.source}.{duck.quoted(model.name)}"
    )
    said = duck.literal(f"{model.description} {mark}")
    connection.execute(f"comment on table {table} is {said}")
    for column in model.columns:
        connection.execute(
            f"comment on column {table}.{duck.quoted(column.name)} "
            f"is {duck.literal(column.description)}"
        )


def _write_info(
    connection: duck.Connection,
    schema: str,
    part: _Part,
    made: _Version,
) -> None:
    row = {
        "build_id": made.name,
        "parameters_fingerprint": part.parameters.fingerprint(),
        "parameters": json.dumps(part.parameters.as_dict()),
        "raw_hash": made.facts["raw"],
        "code_hash": made.facts["code"],
        "content_hash": made.facts["content"],
        "solalpha_version": solalpha.__version__,
        "duckdb_version": duckdb.__version__,
        "storage_version": STORAGE_VERSION,
    }
    listed = ", ".join(f"? as {column}" for column in row)
    connection.execute(
        f"create table {schema}.{INFO_TABLE} as select {listed}, "
        "cast(? as timestamptz) at time zone 'UTC' as published_at",
        [*row.values(), made.published_at],
    )
    connection.execute(
        f"comment on table {schema}.{INFO_TABLE} is "
        + duck.literal(f"One row: how this version was built. Build {made.name}.")
    )
