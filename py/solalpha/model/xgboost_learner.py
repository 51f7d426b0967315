"""XGBoost behind the learner interface: histogram trees on logistic loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xgboost

from solalpha.errors import DataError
from solalpha.model.experiment import Settings
from solalpha.model.learner import FloatArray

_LEAST_BASE = 0.01


class XGBoostEnsemble:
    """Wrap one booster together with the feature order it was fitted on."""

    __slots__ = ("_booster", "_names")

    def __init__(self, booster: Any, feature_names: Sequence[str]) -> None:
        booster.set_param({"nthread": 1})
        self._booster = booster
        self._names = list(feature_names)

    def probability_up(self, features: FloatArray) -> FloatArray:
        """Return P(up), shape (n_rows,)."""
        found = self._booster.predict(self._matrix(features))
        return np.asarray(found, dtype=np.float64)

    def contributions(self, features: FloatArray) -> FloatArray:
        """Return log-odds per feature and, last, the base; (n_rows, n_features + 1)."""
        found = self._booster.predict(self._matrix(features), pred_contribs=True)
        return np.asarray(found, dtype=np.float64)

    def gains(self) -> FloatArray:
        """Return the total gain of each feature's splits, shape (n_features,)."""
        found = self._booster.get_score(importance_type="total_gain")
        return np.array([float(found.get(name, 0.0)) for name in self._names])

    def content(self) -> bytes:
        """Return the model in XGBoost's UBJSON form."""
        return bytes(self._booster.save_raw("ubj"))

    def _matrix(self, features: FloatArray) -> Any:
        return xgboost.DMatrix(
            features, feature_names=self._names, missing=np.nan, nthread=1
        )


class XGBoostLearner:
    """Fit and load XGBoost ensembles."""

    file_name = "model.ubj"

    def library(self) -> str:
        """Return the library's name and version."""
        return f"xgboost {xgboost.__version__}"

    def fit(
        self,
        features: FloatArray,
        label_up: FloatArray,
        weight: FloatArray,
        *,
        feature_names: Sequence[str],
        settings: Settings,
        threads: int,
    ) -> XGBoostEnsemble:
        """Fit on rows of shape (n_rows, n_features); NaN is a missing value."""
        matrix = xgboost.DMatrix(
            features,
            label=label_up,
            weight=weight,
            feature_names=list(feature_names),
            missing=np.nan,
            nthread=threads,
        )
        booster = xgboost.train(
            _options(settings, label_up, weight, threads),
            matrix,
            num_boost_round=settings.trees,
        )
        return XGBoostEnsemble(booster, feature_names)

    def load(self, content: bytes, feature_names: Sequence[str]) -> XGBoostEnsemble:
        """Rebuild an ensemble from UBJSON bytes."""
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(content))
        except xgboost.core.XGBoostError as error:
            reason = str(error).strip().splitlines()[0]
            raise DataError(f"model file is not an XGBoost model: {reason}") from error
        if list(booster.feature_names or []) != list(feature_names):
            raise DataError(
                f"model file holds {len(booster.feature_names or [])} features in its "
                f"own order; its manifest lists {len(feature_names)} others"
            )
        return XGBoostEnsemble(booster, feature_names)


def _options(
    settings: Settings, label_up: FloatArray, weight: FloatArray, threads: int
) -> dict[str, Any]:
    # The base is set here: the library's own estimate is a parallel float sum.
    share = math.fsum(label_up * weight) / math.fsum(weight)
    return {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": settings.depth,
        "eta": settings.learning_rate,
        "subsample": settings.subsample,
        "colsample_bytree": settings.column_share,
        "min_child_weight": settings.min_child_weight,
        "base_score": min(max(share, _LEAST_BASE), 1.0 - _LEAST_BASE),
        "seed": settings.seed,
        "nthread": threads,
        "verbosity": 0,
    }
