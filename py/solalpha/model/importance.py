"""Rank features by what they did out of sample, beside their gain in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray


def importance(
    feature_names: Sequence[str],
    contribution: NDArray[np.float64],
    gain: NDArray[np.float64],
) -> pl.DataFrame:
    """Return one row per feature, the largest contribution first.

    Parameters
    ----------
    feature_names
        In the model's order.
    contribution
        ndarray of shape (n_features,): mean absolute share in the log-odds of
        out-of-sample predictions (exact tree attributions, Lundberg et al. 2020).
    gain
        ndarray of shape (n_features,): total gain of the feature's splits in the
        registered model, which says what was fitted and not what held.

    Returns
    -------
    DataFrame
        feature, contribution, contribution_share, gain_share (shares sum to 1, or are
        0 where nothing was split).
    """
    return pl.DataFrame(
        {
            "feature": list(feature_names),
            "contribution": contribution,
            "contribution_share": _shares(contribution),
            "gain_share": _shares(gain),
        }
    ).sort(["contribution", "feature"], descending=[True, False])


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    total = float(values.sum())
    return values / total if total > 0.0 else np.zeros_like(values)
