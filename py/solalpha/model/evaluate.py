"""Measure predictions: the base rate beside every accuracy, intervals, calibration."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solalpha.config import Parameters
from solalpha.errors import DataError
from solalpha.model.intervals import Blocks
from solalpha.model.ranking import area_under_curve, area_with_interval

FloatArray = NDArray[np.float64]
_BINS = 10
_LEAST_PROBABILITY = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfSample:
    """Hold labelled out-of-sample predictions, rows in time order.

    Attributes
    ----------
    probability_up
        ndarray of shape (n_rows,), in [0, 1].
    standing
        ndarray of shape (n_rows,): each prediction's standing among its own model's
        predictions on train rows, in [0, 1]; comparable over folds.
    label_up
        ndarray of shape (n_rows,), 1.0 or 0.0.
    fold
        ndarray of shape (n_rows,), 0 for the first test block.
    """

    probability_up: FloatArray
    standing: FloatArray
    label_up: FloatArray
    fold: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Hold one tenth of the rows by probability, and how often they rose."""

    probability_low: float
    probability_high: float
    rows: int
    probability_mean: float
    up_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Count rows by prediction (above a half is up) and outcome."""

    up_as_up: int
    up_as_down: int
    down_as_up: int
    down_as_down: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Hold the measures of one set of out-of-sample predictions.

    ``majority_rate`` is the accuracy of always naming the commoner class of the
    same rows. ``auc`` ranks standings over all folds; ``auc_raw`` ranks raw
    probabilities, ``auc_folds`` is each fold's own (None where a class is missing).
    """

    rows: int
    folds: int
    accuracy: float
    majority_rate: float
    balanced_accuracy: float
    mcc: float
    auc: float
    auc_low: float
    auc_high: float
    auc_raw: float
    auc_folds: tuple[float | None, ...]
    log_loss: float
    log_loss_base: float
    brier: float
    brier_base: float
    long_share: float
    up_share: float
    confusion: Confusion
    calibration: tuple[CalibrationBin, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return asdict(self)


def evaluate(rows: OutOfSample, parameters: Parameters) -> Metrics:
    """Measure ``rows``.

    Raises
    ------
    DataError
        If there are no rows, one class only, a probability outside [0, 1], or a
        metric that is not finite.

    Notes
    -----
    ``log_loss_base`` and ``brier_base`` are those of a constant forecast at the
    rows' own share of ups: a forecast above them knows less than the base rate.
    """
    _check(rows)
    probability, label_up = rows.probability_up, rows.label_up
    area = area_with_interval(rows.standing, label_up, Blocks.of(parameters))
    confusion = confusion_of(probability, label_up)
    up_share = float(label_up.mean())
    base = np.full(label_up.size, up_share)
    metrics = Metrics(
        rows=int(label_up.size),
        folds=int(np.unique(rows.fold).size),
        accuracy=(confusion.up_as_up + confusion.down_as_down) / label_up.size,
        majority_rate=max(up_share, 1.0 - up_share),
        balanced_accuracy=balanced_accuracy(confusion),
        mcc=matthews(confusion),
        auc=area.value,
        auc_low=area.low,
        auc_high=area.high,
        auc_raw=area_under_curve(probability, label_up),
        auc_folds=_fold_areas(rows),
        log_loss=log_loss(probability, label_up),
        log_loss_base=log_loss(base, label_up),
        brier=brier(probability, label_up),
        brier_base=brier(base, label_up),
        long_share=float((probability > 0.5).mean()),
        up_share=up_share,
        confusion=confusion,
        calibration=calibration(probability, label_up),
    )
    _check_finite(metrics)
    return metrics


def confusion_of(probability_up: FloatArray, label_up: FloatArray) -> Confusion:
    """Count outcomes; a probability above a half is a prediction of up."""
    is_long = probability_up > 0.5
    is_up = label_up == 1.0
    return Confusion(
        up_as_up=int((is_up & is_long).sum()),
        up_as_down=int((is_up & ~is_long).sum()),
        down_as_up=int((~is_up & is_long).sum()),
        down_as_down=int((~is_up & ~is_long).sum()),
    )


def balanced_accuracy(confusion: Confusion) -> float:
    """Return the mean of the hit rates among ups and among downs."""
    ups = confusion.up_as_up + confusion.up_as_down
    downs = confusion.down_as_up + confusion.down_as_down
    return (confusion.up_as_up / ups + confusion.down_as_down / downs) / 2.0


def matthews(confusion: Confusion) -> float:
    """Return Matthews' correlation, in [-1, 1]; 0 where one side is never named."""
    hit, miss = confusion.up_as_up, confusion.up_as_down
    false, right = confusion.down_as_up, confusion.down_as_down
    product = (hit + false) * (hit + miss) * (right + false) * (right + miss)
    if product == 0:
        return 0.0
    return (hit * right - false * miss) / math.sqrt(product)


def log_loss(probability_up: FloatArray, label_up: FloatArray) -> float:
    """Return the mean negative log likelihood, natural logarithm."""
    return float(log_losses(probability_up, label_up).mean())


def log_losses(probability_up: FloatArray, label_up: FloatArray) -> FloatArray:
    """Return each row's negative log likelihood, natural logarithm."""
    bounded = np.clip(probability_up, _LEAST_PROBABILITY, 1.0 - _LEAST_PROBABILITY)
    likelihood = np.where(label_up == 1.0, bounded, 1.0 - bounded)
    return np.asarray(-np.log(likelihood), dtype=np.float64)


def brier(probability_up: FloatArray, label_up: FloatArray) -> float:
    """Return the mean squared error of the probabilities."""
    return float(((probability_up - label_up) ** 2).mean())


def calibration(
    probability_up: FloatArray, label_up: FloatArray
) -> tuple[CalibrationBin, ...]:
    """Cut rows into tenths by probability and compare with the share of ups."""
    order = np.argsort(probability_up, kind="stable")
    pieces = np.array_split(order, min(_BINS, order.size))
    return tuple(
        CalibrationBin(
            probability_low=float(probability_up[piece].min()),
            probability_high=float(probability_up[piece].max()),
            rows=int(piece.size),
            probability_mean=float(probability_up[piece].mean()),
            up_share=float(label_up[piece].mean()),
        )
        for piece in pieces
    )


def _fold_areas(rows: OutOfSample) -> tuple[float | None, ...]:
    areas: list[float | None] = []
    for fold in np.unique(rows.fold):
        inside = rows.fold == fold
        label_up = rows.label_up[inside]
        has_both = np.unique(label_up).size == 2
        probability = rows.probability_up[inside]
        areas.append(area_under_curve(probability, label_up) if has_both else None)
    return tuple(areas)


def _check(rows: OutOfSample) -> None:
    count = rows.label_up.size
    shapes = {rows.probability_up.shape, rows.standing.shape, rows.fold.shape}
    if count == 0 or shapes != {rows.label_up.shape}:
        raise DataError(
            f"{count} labels for predictions of shapes {shapes}; expected one each"
        )
    if not bool(((rows.probability_up >= 0) & (rows.probability_up <= 1)).all()):
        raise DataError("a predicted probability is null or outside [0, 1]")
    if np.unique(rows.label_up).size < 2:
        raise DataError(
            f"all {count} out-of-sample rows have label_up {bool(rows.label_up[0])}; "
            "expected both classes"
        )


def _check_finite(metrics: Metrics) -> None:
    for field in fields(metrics):
        value = getattr(metrics, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise DataError(f"metric {field.name} is {value}; expected a finite number")
