"""Build chosen models of any dbt project for an audit: no tests, one thread, our file.

Another project is built into the same file, through our own connection: what its
``profiles.yml`` says is not read, so that nothing outside the data directory changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from solalpha.config import Parameters, Paths, profiles_dir, project_dir
from solalpha.errors import ConfigError, SolalphaError
from solalpha.warehouse import duck
from solalpha.warehouse.build import PROD, database, results_of
from solalpha.warehouse.dbt_call import Call, invoke, target_dir

_PROFILE = "solalpha"
_BUILT = ("model", "seed", "snapshot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Name a dbt project and the numbers that it is built with."""

    folder: Path
    variables: Mapping[str, object]

    @classmethod
    def open(cls, folder: Path | None, parameters: Parameters) -> Project:
        """Read the project's own variables; ours stand in for what it lacks.

        Raises
        ------
        ConfigError
            If ``folder`` is no dbt project or its file cannot be read.
        """
        chosen = project_dir() if folder is None else folder.resolve()
        path = chosen / "dbt_project.yml"
        if not path.is_file():
            raise ConfigError(
                f"--project {chosen}: no dbt_project.yml in it; expected the "
                "directory of a dbt project"
            )
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            line = duck.first_line(error)
            raise ConfigError(f"{path} cannot be read as YAML: {line}") from error
        if not isinstance(document, dict):
            raise ConfigError(f"{path} is no mapping; expected a dbt project")
        own = document.get("vars")
        written = own if isinstance(own, dict) else {}
        wanted = parameters.as_dict()
        changed = {
            name: value
            for name, value in wanted.items()
            if name not in written or (folder is None and written[name] != value)
        }
        return cls(folder=chosen, variables=changed)


def parse(paths: Paths, project: Project) -> Mapping[str, Any]:
    """Parse the project and return its manifest.

    Raises
    ------
    SolalphaError
        If it does not parse.
    """
    call = _call(paths, project)
    paths.warehouse.mkdir(parents=True, exist_ok=True)
    outcome = invoke(call, ["parse"], None)
    if outcome.exception is not None or not outcome.success:
        results_of(outcome, database(paths, PROD), call.log_dir / "dbt.log")
        raise SolalphaError(f"dbt cannot parse {project.folder}; see {call.log_dir}")
    path = target_dir(paths, PROD) / "manifest.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def build(paths: Paths, project: Project, select: Sequence[str]) -> int:
    """Build what ``select`` names into the working database of ``paths``.

    Returns
    -------
    int
        Models that were built.

    Raises
    ------
    ConfigError
        If ``select`` names nothing.
    SolalphaError
        If a model fails; its kind says whether rows or SQL are at fault.
    """
    call = _call(paths, project)
    warehouse = database(paths, PROD)
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    command = ["build", "--select", *select]
    for kind in _BUILT:
        command += ["--resource-type", kind]
    outcome = invoke(call, command, None)
    results = results_of(outcome, warehouse, call.log_dir / "dbt.log")
    if not results:
        raise ConfigError(f"{' '.join(select)} names no model of {project.folder}")
    return len(results)


def keep_views(paths: Paths, relations: Sequence[tuple[str, str]]) -> None:
    """Turn the views among ``relations`` (schema, name) into tables of their rows.

    A view names the database that it was made in, which another connection does not
    know by that name; and the raw files behind it may be gone by then.
    """
    connection = duck.writable(database(paths, PROD))
    try:
        views = {
            (schema, name)
            for schema, name in duck.rows(
                connection, "select schema_name, view_name from duckdb_views()"
            )
        }
        for schema, name in relations:
            if (schema, name) not in views:
                continue
            place = f"{duck.quoted(schema)}.{duck.quoted(name)}"
            copy = f"{duck.quoted(schema)}.{duck.quoted(name + '__rows')}"
            connection.execute(f"create or replace table {copy} as from {place}")
            connection.execute(f"drop view {place}")
            connection.execute(f"alter table {copy} rename to {duck.quoted(name)}")
    finally:
        connection.close()


def _call(paths: Paths, project: Project) -> Call:
    return Call(
        project=project.folder,
        profiles=profiles_dir(),
        target=PROD,
        variables=project.variables,
        paths=paths,
        threads=1,
        profile=_PROFILE,
    )
