"""Labelled rows as arrays: what training reads, checked before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from solalpha.errors import DataError

KEY_COLUMNS = ("coin", "bar_closed_at", "decided_at", "is_warm")
_LABEL_COLUMNS = ("bar_closed_at", "label_up", "sample_weight", "known_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Hold the labelled rows of one coin, in time order.

    Attributes
    ----------
    bar_closed_at, known_at
        ndarrays of shape (n_rows,), naive UTC microseconds.
    features
        ndarray of shape (n_rows, n_features), NaN where unknown.
    label_up
        ndarray of shape (n_rows,), 1.0 where the price rose over the horizon.
    weight
        ndarray of shape (n_rows,), uniqueness of each label, above 0.
    is_trainable
        ndarray of shape (n_rows,), False where the quality verdict is FAIL.
    absent, constant
        Names of features that are null in every row, or have one value only.
    """

    coin: str
    feature_names: tuple[str, ...]
    bar_closed_at: NDArray[np.datetime64]
    known_at: NDArray[np.datetime64]
    features: NDArray[np.float64]
    label_up: NDArray[np.float64]
    weight: NDArray[np.float64]
    is_trainable: NDArray[np.bool_]
    absent: tuple[str, ...]
    constant: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRows:
    """Hold warm rows with or without a label, in time order.

    ``bar_closed_at`` has shape (n_rows,), ``features`` (n_rows, n_features).
    """

    bar_closed_at: NDArray[np.datetime64]
    features: NDArray[np.float64]

    def between(self, low: np.datetime64, high: np.datetime64) -> FeatureRows:
        """Return the rows with ``low <= bar_closed_at < high``."""
        inside = (self.bar_closed_at >= low) & (self.bar_closed_at < high)
        return FeatureRows(
            bar_closed_at=self.bar_closed_at[inside], features=self.features[inside]
        )

    def after(self, moment: np.datetime64) -> FeatureRows:
        """Return the rows with ``bar_closed_at > moment``."""
        inside = self.bar_closed_at > moment
        return FeatureRows(
            bar_closed_at=self.bar_closed_at[inside], features=self.features[inside]
        )


def feature_rows(
    frame: pl.DataFrame, feature_names: Sequence[str], *, coin: str
) -> FeatureRows:
    """Turn the warm rows of ``coin`` into arrays, whether or not they are labelled."""
    kept = _warm_rows(frame, coin)
    return FeatureRows(
        bar_closed_at=times(kept["bar_closed_at"]),
        features=feature_matrix(kept, feature_names),
    )


def labelled_rows(
    frame: pl.DataFrame, feature_names: Sequence[str], *, coin: str
) -> Dataset:
    """Turn training rows into arrays.

    Parameters
    ----------
    frame
        Rows of the public model ``training_rows``: one per coin and bar.
    feature_names
        Features in the order the model is to read them.
    coin
        Coin whose rows are taken where the frame holds several.

    Raises
    ------
    DataError
        If a column is missing, no labelled warm row is left, a bar occurs twice,
        a weight or label time is null, or a feature is infinite.
    """
    _check_columns(frame, feature_names)
    kept = _warm_rows(frame, coin).filter(pl.col("label_up").is_not_null())
    if kept.height == 0:
        raise DataError(
            f"no labelled warm row of {coin} among {frame.height} training rows; "
            "expected some: ingest more bars than the warm-up and the label horizon"
        )
    if kept["bar_closed_at"].is_duplicated().any():
        raise DataError(f"training rows of {coin} hold a bar twice; expected it once")
    features = feature_matrix(kept, feature_names)
    weight = kept["sample_weight"].cast(pl.Float64).to_numpy()
    if not bool((np.isfinite(weight) & (weight > 0)).all()):
        raise DataError(
            f"sample_weight of {coin} has values that are null or not above 0"
        )
    absent, constant = _empty_features(features, feature_names)
    return Dataset(
        coin=coin,
        feature_names=tuple(feature_names),
        bar_closed_at=times(kept["bar_closed_at"]),
        known_at=times(kept["known_at"]),
        features=features,
        label_up=kept["label_up"].cast(pl.Float64).to_numpy(),
        weight=np.asarray(weight, dtype=np.float64),
        is_trainable=_trainable(kept),
        absent=absent,
        constant=constant,
    )


def feature_matrix(
    frame: pl.DataFrame, feature_names: Sequence[str]
) -> NDArray[np.float64]:
    """Return the features as doubles, NaN where null.

    Returns
    -------
    ndarray of shape (n_rows, n_features)
        Columns in the order of ``feature_names``.

    Raises
    ------
    DataError
        If a value is infinite.
    """
    columns = [
        frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in feature_names
    ]
    matrix = np.column_stack(columns) if columns else np.empty((frame.height, 0))
    is_infinite = np.isinf(matrix)
    if bool(is_infinite.any()):
        places = np.flatnonzero(is_infinite.any(axis=0))
        named = [feature_names[int(place)] for place in places]
        raise DataError(f"features {', '.join(named)} are infinite; expected finite")
    return np.ascontiguousarray(matrix, dtype=np.float64)


def times(column: pl.Series) -> NDArray[np.datetime64]:
    """Return a time column as naive UTC microseconds."""
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return np.asarray(column.cast(pl.Datetime("us")).to_numpy(), dtype="datetime64[us]")


def _check_columns(frame: pl.DataFrame, feature_names: Sequence[str]) -> None:
    if not feature_names or len(set(feature_names)) != len(feature_names):
        raise DataError(
            f"found {len(feature_names)} features, {len(set(feature_names))} of them "
            "distinct; expected at least one and each once"
        )
    wanted = [*_LABEL_COLUMNS, *feature_names]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise DataError(f"training rows lack the columns {', '.join(missing)}")


def _warm_rows(frame: pl.DataFrame, coin: str) -> pl.DataFrame:
    kept = frame
    if "coin" in frame.columns:
        kept = kept.filter(pl.col("coin") == coin)
    if "is_warm" in frame.columns:
        kept = kept.filter(pl.col("is_warm"))
    return kept.sort("bar_closed_at")


def _trainable(frame: pl.DataFrame) -> NDArray[np.bool_]:
    if "quality_verdict" not in frame.columns:
        return np.ones(frame.height, dtype=bool)
    verdict = frame["quality_verdict"].fill_null("PASS")
    return np.asarray((verdict != "FAIL").to_numpy(), dtype=bool)


def _empty_features(
    features: NDArray[np.float64], names: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    absent: list[str] = []
    constant: list[str] = []
    for place, name in enumerate(names):
        known = features[~np.isnan(features[:, place]), place]
        if known.size == 0:
            absent.append(name)
        elif bool((known == known[0]).all()):
            constant.append(name)
    return tuple(absent), tuple(constant)
