"""LightGBM, the challenger, behind the learner interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from solalpha.errors import ConfigError, DataError
from solalpha.model.experiment import Settings
from solalpha.model.learner import FloatArray


class LightGBMEnsemble:
    """Wrap one booster; column order is the order it was fitted on."""

    __slots__ = ("_booster",)

    def __init__(self, booster: Any) -> None:
        self._booster = booster

    def probability_up(self, features: FloatArray) -> FloatArray:
        """Return P(up), shape (n_rows,)."""
        found = self._booster.predict(features, num_threads=1)
        return np.asarray(found, dtype=np.float64)

    def contributions(self, features: FloatArray) -> FloatArray:
        """Return log-odds per feature and, last, the base; (n_rows, n_features + 1)."""
        found = self._booster.predict(features, pred_contrib=True, num_threads=1)
        return np.asarray(found, dtype=np.float64)

    def gains(self) -> FloatArray:
        """Return the total gain of each feature's splits, shape (n_features,)."""
        found = self._booster.feature_importance(importance_type="gain")
        return np.asarray(found, dtype=np.float64)

    def content(self) -> bytes:
        """Return the model in LightGBM's text form."""
        return str(self._booster.model_to_string()).encode()


class LightGBMLearner:
    """Fit and load LightGBM ensembles."""

    file_name = "model.txt"

    def library(self) -> str:
        """Return the library's name and version."""
        return f"lightgbm {_library().__version__}"

    def fit(
        self,
        features: FloatArray,
        label_up: FloatArray,
        weight: FloatArray,
        *,
        feature_names: Sequence[str],
        settings: Settings,
        threads: int,
    ) -> LightGBMEnsemble:
        """Fit on rows of shape (n_rows, n_features); NaN is a missing value."""
        library = _library()
        data = library.Dataset(
            features,
            label=label_up,
            weight=weight,
            feature_name=_plain(feature_names),
            params={
                "verbosity": -1,
                "feature_pre_filter": False,
                "num_threads": threads,
            },
        )
        options = _options(settings, threads)
        booster = library.train(options, data, num_boost_round=settings.trees)
        # The number of threads is written into the file; it is no part of the model.
        text = booster.model_to_string().replace(
            f"[num_threads: {threads}]", "[num_threads: 1]"
        )
        return LightGBMEnsemble(library.Booster(model_str=text))

    def load(self, content: bytes, feature_names: Sequence[str]) -> LightGBMEnsemble:
        """Rebuild an ensemble from LightGBM's text form."""
        library = _library()
        try:
            booster = library.Booster(model_str=content.decode())
        except (UnicodeDecodeError, library.basic.LightGBMError) as error:
            raise DataError(f"model file is not a LightGBM model: {error}") from error
        if booster.feature_name() != _plain(feature_names):
            raise DataError(
                f"model file holds {booster.num_feature()} features in its own order; "
                f"its manifest lists {len(feature_names)} others"
            )
        return LightGBMEnsemble(booster)


def _library() -> Any:
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        raise ConfigError(
            "algorithm lightgbm needs the package lightgbm, which cannot be imported; "
            "install the extra lightgbm or use --model xgboost"
        ) from error
    return lightgbm


def _options(settings: Settings, threads: int) -> dict[str, Any]:
    return {
        "objective": "binary",
        "num_leaves": 2**settings.depth,
        "max_depth": settings.depth,
        "learning_rate": settings.learning_rate,
        "bagging_fraction": settings.subsample,
        "bagging_freq": 1 if settings.subsample < 1.0 else 0,
        "feature_fraction": settings.column_share,
        "min_sum_hessian_in_leaf": settings.min_child_weight,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }


def _plain(feature_names: Sequence[str]) -> list[str]:
    # LightGBM turns blanks into underscores; ours are SQL names without any.
    return [name.replace(" ", "_") for name in feature_names]
