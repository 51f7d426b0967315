from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.model import registry
from solalpha.model.train import train_on
from solalpha.model.train_result import TrainResult
from solalpha.warehouse.reader import TrainingTable

NOW = datetime(2025, 1, 1, tzinfo=UTC)
Train = Callable[..., TrainResult]


@pytest.fixture
def trained(
    paths: Paths,
    parameters: Parameters,
    make_table: Callable[..., TrainingTable],
) -> Train:
    def run(minutes: int = 0, seed: int = 1) -> TrainResult:
        return train_on(
            paths,
            parameters,
            make_table(count=900, seed=seed, pull=0.2),
            build_id="one",
            experiment="perp",
            algorithm="xgboost",
            coin="SOL",
            open_final=False,
            created_at=NOW + timedelta(minutes=minutes),
            progress=None,
        )

    return run


def test_trained_model_is_champion_and_loads(paths: Paths, trained: Train) -> None:
    model_id = trained().model_id
    assert registry.champion_id(paths, "perp") == model_id
    assert registry.champion_id(paths, "perp", "SOL") == model_id
    loaded = registry.load(paths, model_id)
    assert loaded.manifest.feature_names == ("signal", "momentum", "noise")
    assert "not this model's" in loaded.manifest.metrics_scope
    assert [one.model_id for one in registry.list_models(paths)] == [model_id]


def test_changed_model_file_is_refused(paths: Paths, trained: Train) -> None:
    model_id = trained().model_id
    path = paths.models / model_id / "model.ubj"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="changed or swapped"):
        registry.load(paths, model_id)


def test_swapped_model_file_is_refused(paths: Paths, trained: Train) -> None:
    first, second = trained(), trained(seed=2)
    shutil.copy(
        paths.models / second.model_id / "model.ubj",
        paths.models / first.model_id / "model.ubj",
    )
    with pytest.raises(DataError, match="changed or swapped"):
        registry.load(paths, first.model_id)
    with pytest.raises(DataError, match="changed or swapped"):
        registry.promote(paths, first.model_id, reason="why not", created_at=NOW)


def test_swapped_manifest_is_refused(paths: Paths, trained: Train) -> None:
    first, second = trained(), trained(seed=2)
    shutil.copy(
        paths.models / second.model_id / "manifest.json",
        paths.models / first.model_id / "manifest.json",
    )
    with pytest.raises(DataError, match="describes"):
        registry.load(paths, first.model_id)


@pytest.mark.parametrize("text", ["{}", "[]", "not json"])
def test_damaged_manifest_is_refused(paths: Paths, trained: Train, text: str) -> None:
    model_id = trained().model_id
    (paths.models / model_id / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=r"manifest\.json"):
        registry.load(paths, model_id)


@pytest.mark.parametrize("model_id", ["none", "", "../models", "a/b"])
def test_unknown_model_is_refused(paths: Paths, model_id: str) -> None:
    with pytest.raises(ConfigError, match="is not registered"):
        registry.load(paths, model_id)


def test_missing_champion_is_refused(paths: Paths) -> None:
    with pytest.raises(ConfigError, match="0 champions for experiment 'perp'"):
        registry.champion_id(paths, "perp")


def test_rollback_returns_to_the_champion_before(paths: Paths, trained: Train) -> None:
    first, second = trained().model_id, trained(seed=2, minutes=1).model_id
    assert registry.champion_id(paths, "perp") == second
    registry.rollback(
        paths, "perp", "SOL", reason="worse", created_at=NOW + timedelta(minutes=2)
    )
    assert registry.champion_id(paths, "perp") == first
    files = sorted((paths.results / "promotions").glob("*.parquet"))
    table = pl.concat([pl.read_parquet(file) for file in files]).sort("created_at")
    assert table["action"].to_list() == ["promote", "promote", "rollback"]
    assert table["model_id"].to_list() == [first, second, first]
    with pytest.raises(ConfigError, match="had 1 champions"):
        registry.rollback(paths, "perp", "SOL", reason="again", created_at=NOW)


def test_repeated_promotion_is_recorded_once(paths: Paths, trained: Train) -> None:
    trained()
    trained(minutes=5)
    assert len(list((paths.results / "promotions").glob("*.parquet"))) == 1


def test_retraining_repairs_a_changed_file(paths: Paths, trained: Train) -> None:
    model_id = trained().model_id
    path = paths.models / model_id / "model.ubj"
    original = path.read_bytes()
    path.write_bytes(b"broken")
    trained()
    assert path.read_bytes() == original
    registry.load(paths, model_id)
    assert [one.name for one in paths.models.iterdir() if one.name[0] == "."] == []


def test_several_coins_need_a_name(paths: Paths) -> None:
    paths.models.mkdir()
    (paths.models / "champions.json").write_text(
        '{"perp/SOL": ["one"], "perp/BTC": ["two"]}'
    )
    assert registry.champion_id(paths, "perp", "BTC") == "two"
    with pytest.raises(ConfigError, match="2 champions"):
        registry.champion_id(paths, "perp")


@pytest.mark.parametrize("text", ["[1]", "{", '{"perp/SOL": 3}'])
def test_damaged_pointer_is_refused(paths: Paths, text: str) -> None:
    paths.models.mkdir()
    (paths.models / "champions.json").write_text(text)
    with pytest.raises(DataError, match="is damaged"):
        registry.champion_id(paths, "perp")
