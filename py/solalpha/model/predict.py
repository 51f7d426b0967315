"""Predict with a registered model, and say what each feature did to a prediction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.model import records, registry
from solalpha.model.dataset import (
    KEY_COLUMNS,
    FeatureRows,
    feature_matrix,
    feature_rows,
)
from solalpha.model.manifest import Manifest
from solalpha.model.registry import RegisteredModel
from solalpha.warehouse.reader import Reader

BASE = "base"


def load_champion(
    paths: Paths, experiment: str, coin: str | None = None
) -> RegisteredModel:
    """Load the champion of ``experiment``; ``coin`` None where only one has one."""
    return registry.load(paths, registry.champion_id(paths, experiment, coin))


def predict(model: RegisteredModel, frame: pl.DataFrame) -> NDArray[np.float64]:
    """Return P(up) for each row of ``frame``.

    Parameters
    ----------
    model
        A registered model.
    frame
        The model's features in its order; the key columns coin, bar_closed_at,
        decided_at and is_warm may stand among them and are not read.

    Returns
    -------
    ndarray of shape (n_rows,)
        Probabilities in [0, 1].

    Raises
    ------
    DataError
        If the features differ from the model's in name, order or number.
    """
    return model.model.probability_up(_features(model, frame))


def contributions(model: RegisteredModel, frame: pl.DataFrame) -> pl.DataFrame:
    """Return each feature's share in the log-odds of each prediction.

    Returns
    -------
    DataFrame
        One column per feature and last ``base``; a row's sum is the log-odds of up.

    Raises
    ------
    DataError
        If the features differ from the model's in name, order or number.
    """
    shares = model.model.contributions(_features(model, frame))
    return pl.DataFrame(shares, schema=[*model.manifest.feature_names, BASE])


def refresh_live(
    paths: Paths, *, experiment: str, coin: str, predicted_at: datetime
) -> pl.DataFrame:
    """Predict the bars after the champion's train rows again and export them.

    Returns
    -------
    DataFrame
        The live predictions, one row per warm bar after the last labelled row that
        the champion was fitted on.
    """
    champion = load_champion(paths, experiment, coin)
    with Reader.open(paths) as reader:
        table = reader.training_rows(coin, experiment)
    check_barred(champion.manifest, table.barred_features)
    check_features(champion.manifest, table.feature_names)
    bars = feature_rows(table.frame, table.feature_names, coin=coin)
    return write_live(paths, champion, bars, predicted_at)


def write_live(
    paths: Paths,
    champion: RegisteredModel,
    bars: FeatureRows,
    predicted_at: datetime,
) -> pl.DataFrame:
    """Export the model's predictions of the bars after its train rows."""
    manifest = champion.manifest
    last = clock.parse_utc(manifest.training_last_bar_at).replace(tzinfo=None)
    later = bars.after(np.datetime64(last, "us"))
    frame = records.predictions(
        records.Run(
            model_id=manifest.model_id,
            experiment=manifest.experiment,
            algorithm=manifest.algorithm,
            coin=manifest.coin,
            parameters_fingerprint=manifest.parameters_fingerprint,
            build_id=manifest.build_id,
            created_at=predicted_at,
        ),
        records.LIVE,
        later.bar_closed_at,
        champion.model.probability_up(later.features),
        fold=None,
        standing=None,
    )
    records.write_predictions(paths, manifest.model_id, records.LIVE, frame)
    return frame


def check_barred(manifest: Manifest, barred: Collection[str]) -> None:
    """Refuse a model that reads a feature which is barred by now.

    Raises
    ------
    DataError
        Naming the features.
    """
    if read := [name for name in manifest.feature_names if name in barred]:
        raise DataError(
            f"model {manifest.model_id} reads {len(read)} barred features, "
            f"{', '.join(read[:5])}: adopted order flow disagrees with our recordings "
            "(table barred_features); expected none; train again"
        )


def check_features(manifest: Manifest, found: tuple[str, ...]) -> None:
    """Refuse a feature list that is not the model's.

    Raises
    ------
    DataError
        Naming the first difference.
    """
    wanted = manifest.feature_names
    if found == wanted:
        return
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted]
    if missing or unknown:
        difference = f"missing {missing[:5] or 'none'}, unknown {unknown[:5] or 'none'}"
    elif len(found) != len(wanted):
        difference = "a name occurs twice"
    else:
        pairs = zip(found, wanted, strict=True)
        place = next(i for i, (ours, theirs) in enumerate(pairs) if ours != theirs)
        difference = (
            f"the same names in another order, first at place {place} "
            f"({found[place]!r}, expected {wanted[place]!r})"
        )
    raise DataError(
        f"found {len(found)} features, model {manifest.model_id} expects "
        f"{len(wanted)}: {difference}"
    )


def _features(model: RegisteredModel, frame: pl.DataFrame) -> NDArray[np.float64]:
    names = tuple(name for name in frame.columns if name not in KEY_COLUMNS)
    check_features(model.manifest, names)
    return feature_matrix(frame, names)
