"""Train: read the published rows, evaluate the procedure, register the model."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np

from solalpha.config import Parameters, Paths
from solalpha.errors import DataError
from solalpha.model import records, registry, splits
from solalpha.model.dataset import feature_rows, labelled_rows
from solalpha.model.evaluate import Metrics, evaluate
from solalpha.model.experiment import PAPER, settings_for
from solalpha.model.files import sha256, table_digest
from solalpha.model.fitting import fit_rows
from solalpha.model.importance import importance
from solalpha.model.job import (
    Job,
    aware,
    describe,
    export,
    export_contributions,
    record_trial,
    say,
)
from solalpha.model.learner import XGBOOST, learner_named
from solalpha.model.manifest import Manifest
from solalpha.model.predict import write_live
from solalpha.model.procedure import (
    OutOfSampleRun,
    Progress,
    predict_out_of_sample,
)
from solalpha.model.registry import RegisteredModel
from solalpha.model.train_result import TrainResult
from solalpha.warehouse.build import DAILY, for_target
from solalpha.warehouse.reader import Reader, TrainingTable


def train(
    paths: Paths,
    parameters: Parameters,
    *,
    experiment: str,
    algorithm: str,
    coin: str,
    open_final: bool,
    created_at: datetime,
    progress: Progress | None = None,
) -> TrainResult:
    """Fit, evaluate and register a model on the published rows of ``coin``.

    Parameters
    ----------
    paths
        Where the published version is and the registry and results go.
    parameters
        Numbers of the run; ``paper`` uses their daily form.
    experiment
        ``perp`` (purged walk-forward) or ``paper`` (one chronological split).
    algorithm
        ``xgboost``, whose models become champion, or the challenger ``lightgbm``.
    coin
        Whose rows.
    open_final
        Also evaluate on the final block, which is recorded as an opening. The split
        of ``paper`` tests on its final block anyway and is always recorded so.
    created_at
        Aware time that the manifest and the records carry; no model byte depends on
        it.
    progress
        Called with a step's name, parts done and parts in all.

    Raises
    ------
    ConfigError
        If the experiment or algorithm is unknown.
    DataError
        If rows are too few, one class only, or a metric is not finite.
    """
    settings_for(experiment, parameters)
    learner_named(algorithm)
    with Reader.open(paths) as reader:
        table = reader.training_rows(coin, experiment)
        build_id = reader.build_id
    return train_on(
        paths,
        parameters,
        table,
        build_id=build_id,
        experiment=experiment,
        algorithm=algorithm,
        coin=coin,
        open_final=open_final,
        created_at=created_at,
        progress=progress,
    )


def train_on(
    paths: Paths,
    parameters: Parameters,
    table: TrainingTable,
    *,
    build_id: str,
    experiment: str,
    algorithm: str,
    coin: str,
    open_final: bool,
    created_at: datetime,
    progress: Progress | None,
) -> TrainResult:
    """Fit, evaluate and register a model on the rows given; see ``train``."""
    names = table.feature_names
    run = records.Run(
        model_id=model_id_of(
            table_digest(table.frame),
            parameters,
            experiment=experiment,
            algorithm=algorithm,
            coin=coin,
            feature_names=names,
        ),
        experiment=experiment,
        algorithm=algorithm,
        coin=coin,
        parameters_fingerprint=parameters.fingerprint(),
        build_id=build_id,
        created_at=created_at,
    )
    numbers = for_target(parameters, DAILY) if experiment == PAPER else parameters
    job = Job(
        paths=paths,
        parameters=numbers,
        settings=settings_for(experiment, numbers),
        learner=learner_named(algorithm),
        dataset=labelled_rows(table.frame, names, coin=coin),
        bars=feature_rows(table.frame, names, coin=coin),
        run=run,
        barred_features=table.barred_features,
        progress=progress,
    )
    return _finish(job, open_final=open_final)


def model_id_of(
    data_digest: str,
    parameters: Parameters,
    *,
    experiment: str,
    algorithm: str,
    coin: str,
    feature_names: tuple[str, ...],
) -> str:
    """Return the id that the same data, numbers and features always give."""
    facts = [data_digest, parameters.fingerprint(), experiment, algorithm, coin]
    text = json.dumps([*facts, *feature_names], separators=(",", ":"))
    return f"{experiment}-{algorithm}-{sha256(text.encode())[:16]}"


def _finish(job: Job, *, open_final: bool) -> TrainResult:
    data, settings = job.dataset, job.settings
    part = splits.development(
        data.bar_closed_at, data.known_at, share=job.parameters.train_share
    )
    run = _out_of_sample(job, part)
    metrics = evaluate(run.labelled, job.parameters)
    is_opened = open_final and settings.is_walk_forward
    final_metrics = _open_final(job) if is_opened else None
    say(job, "refit", 0, 1)
    everything = np.arange(data.bar_closed_at.size, dtype=np.int64)
    model = fit_rows(data, everything, job.learner, settings)
    ranked = importance(data.feature_names, run.contribution, model.ensemble.gains())
    manifest = describe(job, model, metrics, final_metrics, ranked)
    walk_forward = export(job, run, records.WALK_FORWARD)
    kind = records.WALK_FORWARD if settings.is_walk_forward else records.FINAL
    record_trial(job, metrics, run, kind)
    registry.register(job.paths, manifest, model.ensemble.content())
    registered = RegisteredModel(manifest=manifest, model=model)
    live = write_live(job.paths, registered, job.bars, job.run.created_at)
    say(job, "refit", 1, 1)
    return TrainResult(
        model_id=manifest.model_id,
        experiment=manifest.experiment,
        algorithm=manifest.algorithm,
        coin=manifest.coin,
        build_id=manifest.build_id,
        rows=manifest.training_rows,
        feature_names=data.feature_names,
        absent_features=data.absent,
        barred_features=job.barred_features,
        is_champion=_promoted(job, manifest),
        metrics=metrics,
        final_metrics=final_metrics,
        final_openings=_openings(job, part),
        walk_forward=walk_forward,
        live=live,
        importance=ranked,
        contributions=export_contributions(job, run),
    )


def _out_of_sample(job: Job, part: splits.Development) -> OutOfSampleRun:
    data, numbers = job.dataset, job.parameters
    if job.settings.is_walk_forward:
        _check_size(job, part)
        minutes = numbers.embargo_bars * numbers.bar_minutes
        cut = splits.walk_forward(
            data.bar_closed_at,
            data.known_at,
            part,
            folds=numbers.walk_forward_folds,
            min_share=numbers.walk_forward_min_share,
            embargo=np.timedelta64(minutes, "m"),
        )
    else:
        cut = (_chronological(job),)
    return predict_out_of_sample(
        data,
        job.bars,
        cut,
        learner=job.learner,
        settings=job.settings,
        progress=job.progress,
    )


def _check_size(job: Job, part: splits.Development) -> None:
    # A test block shorter than the label's horizon holds no independent outcome.
    numbers = job.parameters
    blocks = numbers.walk_forward_folds * numbers.label_horizon_bars
    least = int(np.ceil(blocks / (1.0 - numbers.walk_forward_min_share)))
    if part.rows.size < least:
        raise DataError(
            f"{part.rows.size} labelled rows in the first {numbers.train_share:.0%} of "
            f"{job.dataset.bar_closed_at.size}; {numbers.walk_forward_folds} test "
            f"blocks of a horizon each need {least}: ingest a longer history"
        )


def _chronological(job: Job) -> splits.Split:
    data = job.dataset
    return splits.chronological(
        data.bar_closed_at, data.known_at, share=job.parameters.train_share
    )


def _open_final(job: Job) -> Metrics:
    run = predict_out_of_sample(
        job.dataset,
        job.bars,
        (_chronological(job),),
        learner=job.learner,
        settings=job.settings,
        progress=job.progress,
    )
    metrics = evaluate(run.labelled, job.parameters)
    export(job, run, records.FINAL)
    record_trial(job, metrics, run, records.FINAL)
    return metrics


def _openings(job: Job, part: splits.Development) -> int:
    span = (aware(part.final_from), aware(part.final_to))
    return records.final_openings(job.paths, job.run.coin, span)


def _promoted(job: Job, manifest: Manifest) -> bool:
    if manifest.algorithm != XGBOOST:
        return False
    registry.promote(
        job.paths,
        manifest.model_id,
        reason="trained on the newest published rows",
        created_at=job.run.created_at,
    )
    return True
