"""One training run: its inputs, and what is exported and recorded of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from solalpha import clock
from solalpha.config import Parameters, Paths
from solalpha.model import records
from solalpha.model.contribution import contributions, write_contributions
from solalpha.model.dataset import Dataset, FeatureRows
from solalpha.model.evaluate import Metrics
from solalpha.model.experiment import Settings
from solalpha.model.files import sha256
from solalpha.model.fitting import FittedModel
from solalpha.model.intervals import Blocks
from solalpha.model.learner import Learner
from solalpha.model.manifest import Manifest
from solalpha.model.procedure import OutOfSampleRun, Progress

_SCOPE = {
    True: "purged walk-forward inside the development part: the procedure's metrics, "
    "not this model's, which was refitted on all labelled rows afterwards",
    False: "one chronological split: the procedure's metrics, not this model's, which "
    "was refitted on all labelled rows afterwards",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Hold one training run's inputs.

    ``parameters`` are those of the bars it reads, ``bars`` every warm row of the
    coin, ``dataset`` the labelled ones among them.
    """

    paths: Paths
    parameters: Parameters
    settings: Settings
    learner: Learner
    dataset: Dataset
    bars: FeatureRows
    run: records.Run
    barred_features: tuple[str, ...]
    progress: Progress | None


def export(job: Job, run: OutOfSampleRun, kind: str) -> pl.DataFrame:
    """Export the out-of-sample predictions of a run and return them."""
    frame = records.predictions(
        job.run,
        kind,
        run.bar_closed_at,
        run.probability_up,
        fold=run.fold,
        standing=run.standing,
    )
    records.write_predictions(job.paths, job.run.model_id, kind, frame)
    return frame


def export_contributions(job: Job, run: OutOfSampleRun) -> pl.DataFrame:
    """Export what each feature gave the out-of-sample predictions and return it."""
    frame = contributions(
        job.run,
        job.dataset.feature_names,
        run.loss_saved,
        run.contribution,
        Blocks.of(job.parameters),
    )
    write_contributions(job.paths, job.run.model_id, frame)
    return frame


def record_trial(job: Job, metrics: Metrics, run: OutOfSampleRun, kind: str) -> None:
    """Record the configuration as tried, or the final block as opened."""
    records.write_trial(
        job.paths,
        job.run,
        metrics,
        kind=kind,
        feature_count=len(job.dataset.feature_names),
        span=(aware(run.bar_closed_at[0]), aware(run.bar_closed_at[-1])),
    )


def describe(
    job: Job,
    model: FittedModel,
    metrics: Metrics,
    final_metrics: Metrics | None,
    ranked: pl.DataFrame,
) -> Manifest:
    """Return the manifest of the model refitted on all labelled rows."""
    data, numbers = job.dataset, job.parameters
    return Manifest(
        model_id=job.run.model_id,
        experiment=job.run.experiment,
        algorithm=job.run.algorithm,
        coin=job.run.coin,
        feature_names=data.feature_names,
        absent_features=data.absent,
        barred_features=job.barred_features,
        constant_features=data.constant,
        model_file=job.learner.file_name,
        model_sha256=sha256(model.ensemble.content()),
        scaler=None if model.scaler is None else model.scaler.as_dict(),
        build_id=job.run.build_id,
        parameters_fingerprint=job.run.parameters_fingerprint,
        parameters=numbers.as_dict(),
        label_horizon_bars=numbers.label_horizon_bars,
        bar_minutes=numbers.bar_minutes,
        training_rows=model.rows,
        training_first_bar_at=clock.iso(aware(data.bar_closed_at[0])),
        training_last_bar_at=clock.iso(aware(data.bar_closed_at[-1])),
        training_last_known_at=clock.iso(aware(data.known_at.max())),
        metrics_scope=_SCOPE[job.settings.is_walk_forward],
        metrics=metrics.as_dict(),
        final_metrics=None if final_metrics is None else final_metrics.as_dict(),
        importance=ranked.to_dicts(),
        library=job.learner.library(),
        created_at=clock.iso(job.run.created_at),
    )


def aware(moment: np.datetime64) -> datetime:
    """Return a naive UTC moment of numpy as an aware datetime."""
    naive: datetime = moment.astype("datetime64[us]").astype(datetime)
    return naive.replace(tzinfo=UTC)


def say(job: Job, step: str, done: int, total: int) -> None:
    """Report progress where someone listens."""
    if job.progress is not None:
        job.progress(step, done, total)
