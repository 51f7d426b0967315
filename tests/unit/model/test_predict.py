from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from solalpha.config import Parameters, Paths
from solalpha.errors import DataError
from solalpha.model import predict as prediction
from solalpha.model.registry import RegisteredModel
from solalpha.model.train import train_on
from solalpha.warehouse.reader import TrainingTable

NOW = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = ["signal", "momentum", "noise"]


@pytest.fixture(params=["perp", "paper"])
def champion(
    request: pytest.FixtureRequest,
    paths: Paths,
    parameters: Parameters,
    make_table: Callable[..., TrainingTable],
) -> RegisteredModel:
    train_on(
        paths,
        parameters,
        make_table(count=900, pull=0.2),
        build_id="one",
        experiment=request.param,
        algorithm="xgboost",
        coin="SOL",
        open_final=False,
        created_at=NOW,
        progress=None,
    )
    return prediction.load_champion(paths, request.param)


@pytest.fixture
def frame(make_table: Callable[..., TrainingTable]) -> pl.DataFrame:
    return make_table(count=50, seed=9).frame


def test_key_columns_may_stand_among_the_features(
    champion: RegisteredModel, frame: pl.DataFrame
) -> None:
    plain = prediction.predict(champion, frame.select(NAMES))
    keyed = prediction.predict(champion, frame.select("coin", *NAMES, "bar_closed_at"))
    assert plain.shape == (50,)
    assert (plain == keyed).all()
    assert ((plain > 0) & (plain < 1)).all()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["momentum", "signal", "noise"], "another order, first at place 0"),
        (["signal", "momentum"], "missing .'noise'."),
        ([*NAMES, "label_return"], "unknown .'label_return'."),
    ],
)
def test_another_feature_list_is_refused(
    champion: RegisteredModel, frame: pl.DataFrame, names: list[str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        prediction.predict(champion, frame.select(names))


def test_contributions_add_up_to_the_log_odds(
    champion: RegisteredModel, frame: pl.DataFrame
) -> None:
    rows = frame.select(NAMES)
    probability = prediction.predict(champion, rows)
    shares = prediction.contributions(champion, rows)
    assert shares.columns == [*NAMES, "base"]
    odds = np.log(probability / (1 - probability))
    assert shares.sum_horizontal().to_numpy() == pytest.approx(odds, abs=1e-4)


def test_no_rows_give_no_predictions(
    champion: RegisteredModel, frame: pl.DataFrame
) -> None:
    none = frame.select(NAMES).head(0)
    assert prediction.predict(champion, none).shape == (0,)
    assert prediction.contributions(champion, none).height == 0


def test_null_features_are_predicted_as_missing(champion: RegisteredModel) -> None:
    rows = pl.DataFrame(
        {name: [None] for name in NAMES},
        schema_overrides=dict.fromkeys(NAMES, pl.Float64),
    )
    assert np.isfinite(prediction.predict(champion, rows)).all()


def test_live_predictions_are_refreshed_from_the_published_rows(
    champion: RegisteredModel,
    paths: Paths,
    make_table: Callable[..., TrainingTable],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Published:
        @classmethod
        def open(cls, _: Paths) -> Published:
            return cls()

        def __enter__(self) -> Published:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def training_rows(self, coin: str, experiment: str) -> TrainingTable:
            return make_table(count=940, pull=0.2, unlabelled=24)

    monkeypatch.setattr(prediction, "Reader", Published)
    later = datetime(2025, 1, 2, tzinfo=UTC)
    found = prediction.refresh_live(
        paths,
        experiment=champion.manifest.experiment,
        coin="SOL",
        predicted_at=later,
    )
    assert found.height == 40
    assert found["kind"].unique().to_list() == ["live"]
    file = paths.results / "predictions" / f"{champion.manifest.model_id}-live.parquet"
    assert pl.read_parquet(file)["predicted_at"].unique().to_list() == [later]


def test_model_that_reads_a_barred_feature_is_refused(
    champion: RegisteredModel,
) -> None:
    prediction.check_barred(champion.manifest, ("other",))
    with pytest.raises(DataError, match=r"reads 1 barred features, momentum: .*train"):
        prediction.check_barred(champion.manifest, ("momentum", "other"))
