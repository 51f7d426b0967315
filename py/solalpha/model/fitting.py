"""Fit one model on some rows of a data set, and read probabilities from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import DataError
from solalpha.model.dataset import Dataset
from solalpha.model.experiment import Settings
from solalpha.model.learner import Ensemble, FloatArray, Learner, threads_for
from solalpha.model.scaling import Scaler

# Fewer rows than this cannot fill a handful of leaves of any sensible size.
LEAST_TRAIN_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """Hold an ensemble, its scaler where it has one, and its feature order."""

    ensemble: Ensemble
    scaler: Scaler | None
    feature_names: tuple[str, ...]
    rows: int

    def probability_up(self, features: FloatArray) -> FloatArray:
        """Return P(up) for features of shape (n_rows, n_features)."""
        if features.shape[0] == 0:
            return np.empty(0, dtype=np.float64)
        return self.ensemble.probability_up(self._scaled(features))

    def contributions(self, features: FloatArray) -> FloatArray:
        """Return log-odds per feature and, last, the base."""
        if features.shape[0] == 0:
            return np.empty((0, len(self.feature_names) + 1), dtype=np.float64)
        return self.ensemble.contributions(self._scaled(features))

    def _scaled(self, features: FloatArray) -> FloatArray:
        return features if self.scaler is None else self.scaler.apply(features)


def fit_rows(
    dataset: Dataset,
    rows: NDArray[np.int64],
    learner: Learner,
    settings: Settings,
) -> FittedModel:
    """Fit on the trainable ones of ``rows``.

    Parameters
    ----------
    dataset
        Labelled rows.
    rows
        Positions to train on; rows whose quality failed are left out here.
    learner, settings
        Library and experiment.

    Raises
    ------
    DataError
        If too few rows or one class only are left.
    """
    kept = rows[dataset.is_trainable[rows]]
    label_up = dataset.label_up[kept]
    if kept.size < LEAST_TRAIN_ROWS:
        raise DataError(
            f"{kept.size} rows to train on ({rows.size - kept.size} failed quality); "
            f"expected at least {LEAST_TRAIN_ROWS}"
        )
    if np.unique(label_up).size < 2:
        raise DataError(
            f"all {kept.size} rows to train on have label_up {bool(label_up[0])}; "
            "expected both classes"
        )
    features = dataset.features[kept]
    scaler = Scaler.fit(features) if settings.is_scaled else None
    weight = dataset.weight[kept] if settings.is_weighted else np.ones(kept.size)
    ensemble = learner.fit(
        features if scaler is None else scaler.apply(features),
        label_up,
        weight,
        feature_names=dataset.feature_names,
        settings=settings,
        threads=threads_for(features),
    )
    return FittedModel(
        ensemble=ensemble,
        scaler=scaler,
        feature_names=dataset.feature_names,
        rows=int(kept.size),
    )
