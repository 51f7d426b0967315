"""What a version is made of: one schema per target, built now or carried over.

A build that failed or was killed leaves tables of two builds behind. Its target is
marked as unfinished until a whole build ends well, and no such table is published:
the schema is carried over from the version that is served.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb

from solalpha.config import Parameters, Paths
from solalpha.errors import DataError
from solalpha.warehouse import catalog, duck, versions
from solalpha.warehouse.build import (
    DAILY,
    PROD,
    database,
    for_target,
    is_unfinished,
)
from solalpha.warehouse.catalog import Catalog
from solalpha.warehouse.dbt_call import target_dir

SCHEMAS = {PROD: "main", DAILY: "daily"}
INFO_TABLE = "build_info"
_SERVED = "served"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Name one schema of a version and where its tables come from.

    ``source`` is the quoted schema that holds them in the publishing connection.
    ``raw_hash`` and ``code_hash`` are those of a part that is carried over, else None.
    """

    target: str
    source: str
    parameters: Parameters
    catalog: Catalog
    raw_hash: str | None = None
    code_hash: str | None = None

    @property
    def schema(self) -> str:
        """Return the schema that readers see."""
        return SCHEMAS[self.target]


def gathered(
    connection: duck.Connection, paths: Paths, parameters: Parameters
) -> list[Part]:
    """Attach what is built, and what is served where that must stand in for it.

    Raises
    ------
    DataError
        If nothing was built, someone is building, or the main tables are of a build
        that did not end well and no version holds others.
    """
    parts: list[Part] = []
    for target in SCHEMAS:
        file = database(paths, target)
        if not file.exists():
            continue
        refusal = _refusal(connection, paths, target)
        if refusal is None:
            parts.append(_built(paths, parameters, target))
        elif (carried := _carried(connection, paths, target)) is not None:
            parts.append(carried)
        elif target == PROD:
            raise refusal
    if not parts:
        raise DataError(
            f"nothing to publish: no built warehouse in {paths.warehouse}; expected "
            f"{database(paths, PROD).name}; run `solalpha build`"
        )
    return parts


def _refusal(
    connection: duck.Connection, paths: Paths, target: str
) -> DataError | None:
    # Why the built tables cannot be published; they are attached if they can.
    file = database(paths, target)
    if is_unfinished(paths, target):
        return DataError(
            f"the last build of {file} failed or was stopped: its tables are of two "
            f"builds; run `solalpha build --target {target}` to the end"
        )
    if not (target_dir(paths, target) / "manifest.json").exists():
        # dbt by hand keeps its manifest elsewhere, and may have built a part.
        return DataError(
            f"{file} was built by hand; expected a build of the program: run "
            f"`solalpha build --target {target}`"
        )
    try:
        connection.execute(
            f"attach {duck.literal(str(file))} as {duck.quoted(file.stem)} (read_only)"
        )
    except duckdb.Error as error:
        found = duck.lock_refusal(file, error) or DataError(
            f"warehouse {file} cannot be read: {duck.first_line(error)}"
        )
        if target == PROD:
            raise found from error
        return found
    return None


def _built(paths: Paths, parameters: Parameters, target: str) -> Part:
    file = database(paths, target)
    return Part(
        target=target,
        source=f"{duck.quoted(file.stem)}.{duck.quoted(SCHEMAS[target])}",
        parameters=for_target(parameters, target),
        catalog=Catalog(models=catalog.public_models(paths, target=target)),
    )


def _carried(connection: duck.Connection, paths: Paths, target: str) -> Part | None:
    schema = f"{duck.quoted(_SERVED)}.{duck.quoted(SCHEMAS[target])}"
    try:
        file = versions.current(paths)
        connection.execute(
            f"attach if not exists {duck.literal(str(file))} "
            f"as {duck.quoted(_SERVED)} (read_only)"
        )
        ((told, raw_hash, code_hash),) = duck.rows(
            connection,
            f"select parameters, raw_hash, code_hash from {schema}.{INFO_TABLE}",
        )
        return Part(
            target=target,
            source=schema,
            parameters=Parameters(**json.loads(told)),
            catalog=catalog.read(connection, schema),
            raw_hash=raw_hash,
            code_hash=code_hash,
        )
    except (duckdb.Error, DataError, TypeError, ValueError):
        # No version, none with this schema, or one of other parameters.
        return None
