"""Export predictions, trials and promotions as one parquet file each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.model.evaluate import Metrics
from solalpha.model.files import sha256, write_frame

WALK_FORWARD = "walk_forward"
LIVE = "live"
FINAL = "final"

_TIME = pl.Datetime("us", "UTC")
_TRIAL_TYPES: dict[str, type[pl.DataType] | pl.DataType] = {
    "trial_id": pl.String,
    "model_id": pl.String,
    "experiment": pl.String,
    "algorithm": pl.String,
    "kind": pl.String,
    "coin": pl.String,
    "feature_count": pl.Int32,
    "row_count": pl.Int64,
    "auc": pl.Float64,
    "auc_low": pl.Float64,
    "auc_high": pl.Float64,
    "accuracy": pl.Float64,
    "majority_rate": pl.Float64,
    "log_loss": pl.Float64,
    "brier": pl.Float64,
    "parameters_fingerprint": pl.String,
    "build_id": pl.String,
    "first_bar_at": _TIME,
    "last_bar_at": _TIME,
    "created_at": _TIME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Name the training run that predictions and trials belong to."""

    model_id: str
    experiment: str
    algorithm: str
    coin: str
    parameters_fingerprint: str
    build_id: str
    created_at: datetime


def predictions(
    run: Run,
    kind: str,
    bar_closed_at: NDArray[np.datetime64],
    probability_up: NDArray[np.float64],
    *,
    fold: NDArray[np.int64] | None,
    standing: NDArray[np.float64] | None,
) -> pl.DataFrame:
    """Return predictions as they are exported, one row per bar in time order.

    Parameters
    ----------
    run
        Where they come from.
    kind
        ``walk_forward``, ``final`` (both out of sample) or ``live``.
    bar_closed_at, probability_up
        ndarrays of shape (n_rows,).
    fold
        ndarray of shape (n_rows,), or None for live ones.
    standing
        ndarray of shape (n_rows,): what the reported area under the curve ranks; None
        for live ones.
    """
    count = bar_closed_at.size
    return pl.DataFrame(
        {
            "model_id": [run.model_id] * count,
            "experiment": [run.experiment] * count,
            "kind": [kind] * count,
            "coin": [run.coin] * count,
            "bar_closed_at": pl.Series(bar_closed_at, dtype=pl.Datetime("us")),
            "fold": [None] * count if fold is None else fold,
            "probability_up": probability_up,
            "standing": [None] * count if standing is None else standing,
            "predicted_at": [run.created_at] * count,
        },
        schema_overrides={
            "model_id": pl.String,
            "experiment": pl.String,
            "kind": pl.String,
            "coin": pl.String,
            "fold": pl.Int32,
            "probability_up": pl.Float64,
            "standing": pl.Float64,
            "predicted_at": _TIME,
        },
    ).with_columns(pl.col("bar_closed_at").dt.replace_time_zone("UTC"))


def write_predictions(
    paths: Paths, model_id: str, kind: str, frame: pl.DataFrame
) -> Path:
    """Replace the predictions of one model and kind."""
    target = paths.results / "predictions" / f"{model_id}-{kind}.parquet"
    return write_frame(target, frame)


def write_trial(
    paths: Paths,
    run: Run,
    metrics: Metrics,
    *,
    kind: str,
    feature_count: int,
    span: tuple[datetime, datetime],
) -> str:
    """Record one configuration that was tried, or one opening of a final block.

    Returns
    -------
    str
        The trial's id; the same configuration on the same data has the same one, so
        that repeating it does not count twice.
    """
    trial_id = sha256(f"{run.model_id}|{kind}".encode())[:16]
    row = {
        "trial_id": trial_id,
        "model_id": run.model_id,
        "experiment": run.experiment,
        "algorithm": run.algorithm,
        "kind": kind,
        "coin": run.coin,
        "feature_count": feature_count,
        "row_count": metrics.rows,
        "auc": metrics.auc,
        "auc_low": metrics.auc_low,
        "auc_high": metrics.auc_high,
        "accuracy": metrics.accuracy,
        "majority_rate": metrics.majority_rate,
        "log_loss": metrics.log_loss,
        "brier": metrics.brier,
        "parameters_fingerprint": run.parameters_fingerprint,
        "build_id": run.build_id,
        "first_bar_at": span[0],
        "last_bar_at": span[1],
        "created_at": run.created_at,
    }
    frame = pl.DataFrame([row], schema=_TRIAL_TYPES)
    write_frame(paths.results / "trials" / f"{trial_id}.parquet", frame)
    return trial_id


def trials(paths: Paths) -> pl.DataFrame:
    """Return every recorded trial, oldest first.

    Raises
    ------
    DataError
        If a file is damaged.
    """
    files = sorted((paths.results / "trials").glob("*.parquet"))
    if not files:
        return pl.DataFrame(schema=_TRIAL_TYPES)
    try:
        frames = [pl.read_parquet(file) for file in files]
        table = pl.concat(frames, how="vertical")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{files[0].parent} holds a file that is no trial: {error}"
        ) from error
    return table.sort("created_at", "trial_id")


def final_openings(paths: Paths, coin: str, span: tuple[datetime, datetime]) -> int:
    """Count the recorded openings of final blocks of ``coin`` that overlap ``span``."""
    return (
        trials(paths)
        .filter(
            (pl.col("kind") == FINAL)
            & (pl.col("coin") == coin)
            & (pl.col("first_bar_at") <= span[1])
            & (pl.col("last_bar_at") >= span[0])
        )
        .height
    )


def write_promotion(
    paths: Paths,
    *,
    model_id: str,
    experiment: str,
    action: str,
    reason: str,
    created_at: datetime,
) -> str:
    """Record that a champion was set; return the record's id."""
    text = f"{model_id}|{action}|{clock.iso(created_at)}"
    promotion_id = sha256(text.encode())[:16]
    row = {
        "promotion_id": promotion_id,
        "model_id": model_id,
        "experiment": experiment,
        "action": action,
        "reason": reason,
        "created_at": created_at,
    }
    frame = pl.DataFrame([row], schema_overrides={"created_at": _TIME})
    write_frame(paths.results / "promotions" / f"{promotion_id}.parquet", frame)
    return promotion_id
