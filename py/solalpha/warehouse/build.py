"""Build the warehouse: run dbt in this process on the same numbers as Python's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solalpha import clock
from solalpha.config import (
    Parameters,
    Paths,
    load_parameters,
    profiles_dir,
    project_dir,
)
from solalpha.errors import ConfigError, SolalphaError
from solalpha.warehouse import duck, failures
from solalpha.warehouse.dbt_call import Call, Progress, invoke, target_dir

PROD = "prod"
DAILY = "daily"
DATABASES = {
    PROD: "solalpha.duckdb",
    "dev": "solalpha_dev.duckdb",
    DAILY: "solalpha_daily.duckdb",
}
DAILY_BARS = {
    "bar_minutes": "1440",
    "label_horizon_bars": "1",
    "decide_every_bars": "1",
    "bars_per_year": "365",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """Say what a build did; a build that failed raises instead.

    ``failures`` is empty but for tests that warn.
    """

    ok: bool
    models: int
    tests: int
    seconds: float
    failures: tuple[str, ...]


def build(
    paths: Paths,
    parameters: Parameters,
    *,
    select: str | None,
    target: str,
    include_unit_tests: bool = False,
    project: Path | None = None,
    progress: Progress | None = None,
) -> BuildResult:
    """Build and test the models that ``select`` names, all of them if it is None.

    Parameters
    ----------
    select
        dbt's node selection, e.g. ``marts.trading`` or ``+features``.
    target
        ``prod``, ``dev``, or ``daily``, which builds daily bars into its own file.
    include_unit_tests
        Also run dbt's unit tests, which no data can make fail.
    project
        Another dbt project; its ``profiles.yml`` stands beside or inside it.
    progress
        Called with a node's name, nodes finished and nodes in all.

    Raises
    ------
    ConfigError
        If ``select`` names nothing, or ``target`` is unknown.
    DataError
        If a data test fails, a file cannot be read or someone holds the warehouse.
    SolalphaError
        If the project does not parse or a model's SQL is wrong.
    """
    started = clock.monotonic_s()
    call = _call(paths, for_target(parameters, target), target, project)
    warehouse = database(paths, target)
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    duck.require_free(warehouse)
    command = _command(select, include_unit_tests)
    outcome = _marked(
        paths,
        target,
        is_whole=select is None,
        run=lambda: invoke(call, command, progress),
    )
    results = results_of(outcome, warehouse, call.log_dir / "dbt.log")
    if select is not None and not results:
        raise ConfigError(f"--select {select!r} names no model or test; expected some")
    kinds = Counter(str(found.node.resource_type) for found in results)
    return BuildResult(
        ok=True,
        models=kinds["model"] + kinds["seed"],
        tests=kinds["test"] + kinds["unit_test"],
        seconds=clock.monotonic_s() - started,
        failures=tuple(
            failures.line(found)
            for found in results
            if failures.status(found) == "warn"
        ),
    )


def for_target(parameters: Parameters, target: str) -> Parameters:
    """Return the numbers that ``target`` is built with: ``daily`` means daily bars."""
    if target != DAILY or parameters.bar_minutes == int(DAILY_BARS["bar_minutes"]):
        return parameters
    return parameters.override(DAILY_BARS)


def database(paths: Paths, target: str) -> Path:
    """Return the file that dbt builds ``target`` into.

    Raises
    ------
    ConfigError
        If ``target`` is not one of the profile's.
    """
    if target not in DATABASES:
        raise ConfigError(
            f"target {target!r} is unknown; expected one of {', '.join(DATABASES)}"
        )
    return paths.warehouse / DATABASES[target]


def is_unfinished(paths: Paths, target: str) -> bool:
    """Return whether the tables of ``target`` may be of two builds.

    A build that failed or was killed leaves them so, until a whole one ends well.
    """
    return _mark(paths, target).exists()


def _marked(
    paths: Paths, target: str, *, is_whole: bool, run: Callable[[], Any]
) -> Any:
    # Where nothing ran, the tables are what they were.
    mark = _mark(paths, target)
    was_unfinished = mark.exists()
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    outcome = run()
    is_sound = outcome.success or not getattr(outcome.result, "results", ())
    if is_sound and (not was_unfinished or (is_whole and outcome.success)):
        mark.unlink()
    return outcome


def _mark(paths: Paths, target: str) -> Path:
    return target_dir(paths, target) / "unfinished"


def _call(
    paths: Paths, parameters: Parameters, target: str, project: Path | None
) -> Call:
    chosen = project or project_dir()
    written = load_parameters(project=chosen).as_dict()
    wanted = parameters.as_dict()
    return Call(
        project=chosen,
        profiles=_profiles(chosen),
        target=target,
        variables={
            name: value for name, value in wanted.items() if value != written[name]
        },
        paths=paths,
    )


def _profiles(project: Path) -> Path:
    for candidate in (project.parent, project):
        if (candidate / "profiles.yml").is_file():
            return candidate
    return profiles_dir()


def _command(select: str | None, include_unit_tests: bool) -> list[str]:
    command = ["build"]
    if not include_unit_tests:
        command.append("--exclude-resource-type=unit_test")
    if select is not None:
        # Tests that also read models outside the selection wait for a whole build.
        command += ["--select", *select.split(), "--indirect-selection=buildable"]
    return command


def results_of(outcome: Any, warehouse: Path, log: Path) -> list[Any]:
    """Return the results of a dbt call that succeeded; raise what else it means."""
    if outcome.exception is not None:
        raise failures.of_exception(
            outcome.exception, warehouse, log
        ) from outcome.exception
    results = list(getattr(outcome.result, "results", ()))
    if not outcome.success:
        if not results:
            raise SolalphaError(f"dbt failed without a result; see {log}")
        raise failures.of_results(results, warehouse, log)
    return results
