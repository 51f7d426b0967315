"""What each feature gave a model outside its train rows, with an interval.

The measure is the log loss that a feature's own share in the log-odds saves: the loss
of a row with the share left out, less the loss with it (shares are exact tree
attributions, Lundberg et al. 2020). It has a sign, so that a feature which was used
and misled shows below 0, which a mean of absolute shares cannot tell. It comes from
predictions that are made anyway: permuting each of some hundred features in blocks of
days, several times, would predict the same blocks a thousand times over and show the
model rows that no market gave. Two features that say the same share what they save.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from solalpha.config import Paths
from solalpha.model.files import write_frame
from solalpha.model.intervals import Blocks, mean_estimate
from solalpha.model.records import Run

FloatArray = NDArray[np.float64]


def loss_saved(shares: FloatArray, label_up: FloatArray) -> FloatArray:
    """Return the log loss that each share saves in each row, natural logarithm.

    Parameters
    ----------
    shares
        ndarray of shape (n_rows, n_features + 1): log-odds per feature and, last, the
        base; a row's sum is the log-odds of up.
    label_up
        ndarray of shape (n_rows,), 1.0 or 0.0.

    Returns
    -------
    ndarray of shape (n_rows, n_features)
        Positive where the row is predicted better with the share than without.
    """
    log_odds = shares.sum(axis=1)[:, None]
    without = log_odds - shares[:, :-1]
    return np.asarray(
        np.logaddexp(0.0, without)
        - np.logaddexp(0.0, log_odds)
        + (log_odds - without) * label_up[:, None],
        dtype=np.float64,
    )


def contributions(
    run: Run,
    feature_names: Sequence[str],
    saved: FloatArray,
    absolute_share: FloatArray,
    blocks: Blocks,
) -> pl.DataFrame:
    """Return one row per feature, the largest contribution first.

    Parameters
    ----------
    run
        The training run.
    feature_names
        In the model's order.
    saved
        ndarray of shape (n_rows, n_features), rows in time order; see ``loss_saved``.
    absolute_share
        ndarray of shape (n_features,): mean absolute share in the log-odds.
    blocks
        Of the bootstrap behind the interval.
    """
    found = [mean_estimate(saved[:, place], blocks) for place in range(saved.shape[1])]
    count = len(found)
    return (
        pl.DataFrame(
            {
                "model_id": [run.model_id] * count,
                "experiment": [run.experiment] * count,
                "algorithm": [run.algorithm] * count,
                "coin": [run.coin] * count,
                "feature": list(feature_names),
                "contribution": [one.value for one in found],
                "contribution_low": [one.low for one in found],
                "contribution_high": [one.high for one in found],
                "absolute_share": absolute_share,
                "count_rows": [saved.shape[0]] * count,
                "created_at": [run.created_at] * count,
            },
            schema_overrides={"created_at": pl.Datetime("us", "UTC")},
        )
        .sort(["contribution", "feature"], descending=[True, False])
        .with_row_index("contribution_rank", offset=1)
        .with_columns(pl.col("contribution_rank").cast(pl.Int64))
    )


def write_contributions(paths: Paths, model_id: str, frame: pl.DataFrame) -> Path:
    """Replace the contributions of one model."""
    target = paths.results / "feature_contributions" / f"{model_id}.parquet"
    return write_frame(target, frame)
