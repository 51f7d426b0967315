"""What a boosting library must offer, and which ones there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import ConfigError
from solalpha.model.experiment import Settings

XGBOOST = "xgboost"
LIGHTGBM = "lightgbm"
ALGORITHMS = (XGBOOST, LIGHTGBM)
_MANY_CELLS = 2_000_000

FloatArray = NDArray[np.float64]


def threads_for(features: FloatArray) -> int:
    """Return the threads of a fit: one for few cells, where a second only waits.

    The number moves no result and does not depend on the machine.
    """
    return 1 if features.size < _MANY_CELLS else 2


class Ensemble(Protocol):
    """A fitted ensemble of trees over features of shape (n_rows, n_features)."""

    def probability_up(self, features: FloatArray) -> FloatArray:
        """Return P(up), shape (n_rows,)."""
        ...

    def contributions(self, features: FloatArray) -> FloatArray:
        """Return log-odds per feature and, last, the base; (n_rows, n_features + 1)."""
        ...

    def gains(self) -> FloatArray:
        """Return the total gain of each feature's splits, shape (n_features,)."""
        ...

    def content(self) -> bytes:
        """Return the library's native model file."""
        ...


class Learner(Protocol):
    """A boosting library that fits and loads ensembles."""

    file_name: str

    def library(self) -> str:
        """Return the library's name and version."""
        ...

    def fit(
        self,
        features: FloatArray,
        label_up: FloatArray,
        weight: FloatArray,
        *,
        feature_names: Sequence[str],
        settings: Settings,
        threads: int,
    ) -> Ensemble:
        """Fit; the same input gives the same bytes, whatever ``threads`` is."""
        ...

    def load(self, content: bytes, feature_names: Sequence[str]) -> Ensemble:
        """Rebuild an ensemble from its native file.

        Raises
        ------
        DataError
            If the file is damaged or holds another feature list.
        """
        ...


def learner_named(algorithm: str) -> Learner:
    """Return the learner called ``algorithm``.

    Raises
    ------
    ConfigError
        If the name is unknown or its library is not installed.
    """
    if algorithm == XGBOOST:
        from solalpha.model.xgboost_learner import XGBoostLearner

        return XGBoostLearner()
    if algorithm == LIGHTGBM:
        from solalpha.model.lightgbm_learner import LightGBMLearner

        return LightGBMLearner()
    raise ConfigError(
        f"algorithm {algorithm!r} is unknown; expected one of {', '.join(ALGORITHMS)}"
    )
