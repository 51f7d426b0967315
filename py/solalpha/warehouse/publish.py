"""Publish the public models as one read-only file behind an atomically moved link.

Readers open the file that the link names and keep it for as long as they like; a
newer version appears beside it. Nobody ever sees half a version.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

import solalpha
from solalpha.config import Parameters, Paths, project_dir
from solalpha.errors import DataError
from solalpha.warehouse import build_id as identity
from solalpha.warehouse import catalog, duck, macros, own_tables, versions
from solalpha.warehouse.parts import INFO_TABLE, SCHEMAS, Part, gathered

# Clients from this DuckDB on open the published file, at a third more bytes than in the
# storage of 1.4; a file that holds comments and macros opens in no older one.
OLDEST_CLIENT = "1.0.0"
STORAGE_VERSION = f"v{OLDEST_CLIENT}"
_INFO = own_tables.OwnTable(
    name=INFO_TABLE,
    description="One row: how this version was built.",
    columns={
        "build_id": ("varchar", "Id of the version: a hash of the hashes here."),
        "parameters_fingerprint": ("varchar", "Hash of the parameters."),
        "parameters": ("varchar", "Every number that moves a result, JSON."),
        "raw_hash": ("varchar", "Hash of what the raw tables held."),
        "code_hash": ("varchar", "Hash of the dbt project and of the versions here."),
        "content_hash": ("varchar", "Hash of the tables' row counts and digests."),
        "solalpha_version": ("varchar", "Program that published it."),
        "duckdb_version": ("varchar", "Engine that built it."),
        "storage_version": ("varchar", "Oldest client that opens the file."),
        "published_at": ("timestamp", "When it was first published, UTC."),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    # What makes a version what it is, and when it was first written.
    name: str
    facts: Mapping[str, object]
    macros: tuple[macros.MacroEntry, ...]
    published_at: datetime

    @property
    def mark(self) -> str:
        return f"Build {self.name}."


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
    with versions.locked(paths):
        name = _written(
            paths, parameters, raw_manifest, published_at, project or project_dir()
        )
        versions.point_to(paths, name)
        versions.prune(paths)
    return name


def _written(
    paths: Paths,
    parameters: Parameters,
    raw_manifest: Mapping[str, object],
    published_at: datetime,
    project: Path,
) -> str:
    connection = duck.memory()
    try:
        parts = gathered(connection, paths, parameters)
        content = {part.target: _content(connection, part) for part in parts}
        facts = {
            "raw": identity.of_mapping(raw_manifest),
            "code": identity.of_code(project),
            "results": identity.of_results(paths),
            "content": identity.of_mapping(content),
            "parameters": {
                part.target: part.parameters.fingerprint() for part in parts
            },
            "storage": STORAGE_VERSION,
        }
        name = identity.of_mapping(facts)
        if not _is_intact(paths, name, content):
            made = _Version(
                name=name,
                facts=facts,
                macros=macros.load(project),
                published_at=published_at,
            )
            with versions.written(paths, name) as unfinished:
                _write(connection, unfinished, parts, made)
    finally:
        connection.close()
    return name


def _content(connection: duck.Connection, part: Part) -> dict[str, str]:
    built = {
        name
        for (name,) in duck.rows(
            connection,
            "select table_name from information_schema.tables "
            "where concat('\"', table_catalog, '\".\"', table_schema, '\"') = ?",
            [part.source],
        )
    }
    missing = sorted(set(part.catalog.names()) - built)
    if missing:
        raise DataError(
            f"public models {', '.join(missing)} are not in {part.source}; expected "
            "all of them; run `solalpha build` without a selection"
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
    parts: list[Part],
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
                _copy(connection, part, model, made.mark)
            catalog.write(connection, schema, part.catalog, mark=made.mark)
            _write_info(connection, schema, part, made)
        # A macro's tables are looked up in the database in use, here and later.
        connection.execute("use published")
        for part in parts:
            macros.write(connection, part.schema, made.macros, mark=made.mark)
        connection.execute("commit")
        connection.execute("checkpoint published")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.execute("rollback")
        raise
    finally:
        connection.execute("use memory")
        connection.execute("detach published")


def _published(part: Part) -> str:
    return f"published.{duck.quoted(part.schema)}"


def _copy(
    connection: duck.Connection,
    part: Part,
    model: catalog.ModelEntry,
    mark: str,
) -> None:
    table = f"{_published(part)}.{duck.quoted(model.name)}"
    connection.execute(
        f"create table {table} as select * from {part.source}.{duck.quoted(model.name)}"
    )
    own_tables.comment(
        connection,
        table,
        f"{model.description} {mark}",
        {column.name: column.comment for column in model.columns},
    )


def _write_info(
    connection: duck.Connection,
    schema: str,
    part: Part,
    made: _Version,
) -> None:
    row = {
        "build_id": made.name,
        "parameters_fingerprint": part.parameters.fingerprint(),
        "parameters": json.dumps(part.parameters.as_dict()),
        "raw_hash": part.raw_hash or made.facts["raw"],
        "code_hash": part.code_hash or made.facts["code"],
        "content_hash": made.facts["content"],
        "solalpha_version": solalpha.__version__,
        "duckdb_version": duckdb.__version__,
        "storage_version": STORAGE_VERSION,
        "published_at": made.published_at.astimezone(UTC).replace(tzinfo=None),
    }
    listed = [row[name] for name in _INFO.columns]
    _INFO.create(connection, schema, [listed], mark=made.mark)
