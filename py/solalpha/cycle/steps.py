"""The steps of the job, one function each; `run` and the flows put them in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from solalpha import clock
from solalpha.backtest.run import BacktestResult, run_backtest
from solalpha.config import Parameters, Paths
from solalpha.cycle.source import Progress
from solalpha.errors import DataError
from solalpha.model import registry
from solalpha.model.train import train as fit
from solalpha.model.train_result import TrainResult
from solalpha.raw import lake
from solalpha.raw.adopted_changes import changed_files
from solalpha.report.content import read_content
from solalpha.report.page import write_report
from solalpha.sentiment.scoring import ScoreSummary, score_missing
from solalpha.warehouse import build as dbt
from solalpha.warehouse.publish import publish as publish_version
from solalpha.warehouse.quality import QualityReport
from solalpha.warehouse.quality import check as check_raw
from solalpha.warehouse.reader import Reader

RESULT_MARTS = "staging.ledger+"
PUBLISHED = (dbt.PROD, dbt.DAILY)


def check(paths: Paths, parameters: Parameters, checked_at: datetime) -> QualityReport:
    """Judge the raw data and export the findings for the monitoring tables."""
    return check_raw(paths, parameters, checked_at=checked_at)


def score(
    paths: Paths,
    parameters: Parameters,
    *,
    scorer: str,
    scored_at: datetime,
    progress: Progress | None,
) -> ScoreSummary:
    """Score the headlines that ``scorer`` has not scored yet."""
    return score_missing(
        paths, parameters, scorer, scored_at=scored_at, progress=progress
    )


def build(
    paths: Paths,
    parameters: Parameters,
    *,
    select: str | None,
    target: str,
    progress: Progress | None,
) -> dict[str, Any]:
    """Build with dbt and publish; the ``dev`` target is never published.

    An adopted file that changed since is a warning, or the reason of a failure.
    """
    # Taken before the build: rows that arrive meanwhile are not claimed.
    manifest = lake.manifest(paths)
    changed = changed_files(paths)
    try:
        result = dbt.build(
            paths, parameters, select=select, target=target, progress=progress
        )
    except DataError as error:
        if not changed:
            raise
        raise DataError(f"{changed[0]}; the build: {error}") from error
    build_id = None
    if target in PUBLISHED:
        _require_finished(paths, target)
        build_id = publish(paths, parameters, manifest)
    return {
        "ok": result.ok,
        "models": result.models,
        "tests": result.tests,
        "seconds": round(result.seconds, 1),
        "warnings": [*changed, *result.failures],
        "build_id": build_id,
    }


def publish(
    paths: Paths, parameters: Parameters, manifest: Mapping[str, object]
) -> str:
    """Publish what was built from the raw ``manifest``; return the version's id."""
    return publish_version(
        paths, parameters, raw_manifest=manifest, published_at=clock.now()
    )


def train(
    paths: Paths,
    parameters: Parameters,
    *,
    experiment: str,
    algorithm: str,
    coin: str,
    open_final: bool,
    progress: Progress | None,
) -> TrainResult:
    """Fit, evaluate and register a model on the published rows."""
    return fit(
        paths,
        parameters,
        experiment=experiment,
        algorithm=algorithm,
        coin=coin,
        open_final=open_final,
        created_at=clock.now(),
        progress=progress,
    )


def backtest(
    paths: Paths,
    parameters: Parameters,
    *,
    policy: str,
    model_id: str,
    coin: str,
    progress: Progress | None,
) -> BacktestResult:
    """Backtest one policy on a model's walk-forward predictions."""
    return run_backtest(
        paths,
        parameters,
        policy=policy,
        model_id=model_id,
        coin=coin,
        created_at=clock.now(),
        progress=progress,
    )


def report(paths: Paths, written_at: datetime) -> Path:
    """Write the report of the published version's newest backtest."""
    with Reader.open(paths) as reader:
        content = read_content(reader)
    manifest = registry.show(paths, content.run["model_id"])
    contributions = [
        (str(row["feature"]), float(row["contribution"])) for row in manifest.importance
    ]
    return write_report(
        paths, content, contributions=contributions, written_at=written_at
    )


def refresh_results(
    paths: Paths, parameters: Parameters, progress: Progress | None
) -> str:
    """Build the marts that read results, publish, and return the version's id.

    Where only daily bars were built so far, everything is: those marts read others.
    """
    manifest = lake.manifest(paths)
    select = RESULT_MARTS if dbt.database(paths, dbt.PROD).exists() else None
    dbt.build(paths, parameters, select=select, target=dbt.PROD, progress=progress)
    _require_finished(paths, dbt.PROD)
    return publish(paths, parameters, manifest)


def _require_finished(paths: Paths, target: str) -> None:
    # A part was built well, but what it stands beside may be of two builds.
    if dbt.is_unfinished(paths, target):
        raise DataError(
            f"an earlier build of {target!r} failed or was stopped; expected a whole "
            f"one before its tables are published; run `solalpha build --target "
            f"{target}` without a selection"
        )
