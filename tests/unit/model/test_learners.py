from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solalpha.config import Parameters
from solalpha.errors import ConfigError, DataError
from solalpha.model.experiment import Settings, settings_for
from solalpha.model.learner import ALGORITHMS, Ensemble, learner_named

NAMES = ("alpha", "beta", "gamma", "empty")


def rows(seed: int = 1, count: int = 1500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((count, 4))
    features[generator.random(features.shape) < 0.05] = np.nan
    features[:, 3] = np.nan
    chance = 1 / (1 + np.exp(-1.5 * np.nan_to_num(features[:, 0])))
    label = (generator.random(count) < chance).astype(float)
    return features, label, generator.random(count) + 0.5


def fitted(algorithm: str, settings: Settings, threads: int, seed: int = 1) -> Ensemble:
    pytest.importorskip(algorithm)
    features, label, weight = rows(seed)
    return learner_named(algorithm).fit(
        features,
        label,
        weight,
        feature_names=NAMES,
        settings=settings,
        threads=threads,
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("experiment", ["perp", "paper"])
def test_same_rows_give_the_same_bytes_on_one_and_two_threads(
    algorithm: str, experiment: str, parameters: Parameters
) -> None:
    settings = replace(settings_for(experiment, parameters), trees=6)
    contents = {fitted(algorithm, settings, threads).content() for threads in (1, 1, 2)}
    assert len(contents) == 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_planted_feature_is_found_and_an_empty_one_is_not(
    algorithm: str, parameters: Parameters
) -> None:
    ensemble = fitted(algorithm, settings_for("perp", parameters), 1)
    features, label, _ = rows(seed=2)
    probability = ensemble.probability_up(features)
    assert ((probability > 0.5) == (label == 1.0)).mean() > 0.65
    gains = ensemble.gains()
    assert int(np.argmax(gains)) == 0
    assert gains[3] == 0.0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_contributions_add_up_to_the_log_odds(
    algorithm: str, parameters: Parameters
) -> None:
    ensemble = fitted(algorithm, settings_for("perp", parameters), 1)
    features, _, _ = rows(seed=3)
    shares = ensemble.contributions(features)
    probability = ensemble.probability_up(features)
    odds = np.log(probability / (1 - probability))
    assert shares.shape == (features.shape[0], 5)
    assert shares.sum(axis=1) == pytest.approx(odds, abs=1e-4)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_stored_model_predicts_the_same(algorithm: str, parameters: Parameters) -> None:
    ensemble = fitted(algorithm, settings_for("perp", parameters), 1)
    features, _, _ = rows(seed=3)
    loaded = learner_named(algorithm).load(ensemble.content(), NAMES)
    assert (loaded.probability_up(features) == ensemble.probability_up(features)).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("names", [NAMES[::-1], NAMES[:3], (*NAMES[:3], "other")])
def test_file_with_another_feature_list_is_refused(
    algorithm: str, names: tuple[str, ...], parameters: Parameters
) -> None:
    ensemble = fitted(algorithm, settings_for("perp", parameters), 1)
    with pytest.raises(DataError, match="model file holds"):
        learner_named(algorithm).load(ensemble.content(), names)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_damaged_file_is_refused(algorithm: str) -> None:
    pytest.importorskip(algorithm)
    with pytest.raises(DataError, match="model file is not"):
        learner_named(algorithm).load(b"nothing of the kind", NAMES)


def test_seed_matters_where_rows_are_sampled(parameters: Parameters) -> None:
    settings = settings_for("perp", parameters)
    other = replace(settings, seed=settings.seed + 1)
    first, second = (
        fitted("xgboost", chosen, 1).content() for chosen in (settings, other)
    )
    assert first != second


def test_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ConfigError, match="'catboost' is unknown"):
        learner_named("catboost")


def test_unknown_experiment_is_refused(parameters: Parameters) -> None:
    with pytest.raises(ConfigError, match="'hunch' is unknown"):
        settings_for("hunch", parameters)


def test_paper_settings_are_the_published_ones() -> None:
    from solalpha.config import load_parameters

    settings = settings_for("paper", load_parameters())
    assert (settings.trees, settings.depth, settings.learning_rate) == (200, 6, 0.05)
    assert settings.is_scaled
    assert not settings.is_walk_forward
