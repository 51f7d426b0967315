from __future__ import annotations

import numpy as np
import pytest

from solalpha.errors import DataError
from solalpha.model.overfitting import minimum_backtest_years, overfitting_probability


def test_configuration_that_is_best_everywhere_is_not_overfitted() -> None:
    noise = np.random.default_rng(1).standard_normal((400, 5))
    noise[:, 3] += 1.0
    found = overfitting_probability(noise, blocks=8)
    assert found.probability == 0.0
    assert found.splits == 70
    assert found.loss_share == 0.0


def test_configurations_that_take_turns_are_overfitted() -> None:
    # Each is good in one half and bad in the other, so that the best inside is worst
    # outside in both of the two splits.
    wave = np.tile([1.0, 1.2], 10)
    returns = np.column_stack(
        [np.concatenate([wave, -wave]), np.concatenate([-wave, wave])]
    )
    found = overfitting_probability(returns, blocks=2)
    assert found.probability == 1.0
    assert found.rank_correlation == pytest.approx(-1.0)


def test_probability_on_noise_is_about_a_half() -> None:
    found = [
        overfitting_probability(
            np.random.default_rng(seed).standard_normal((200, 10)), blocks=6
        ).probability
        for seed in range(40)
    ]
    assert np.mean(found) == pytest.approx(0.5, abs=0.12)


def test_configuration_that_never_trades_has_sharpe_zero() -> None:
    returns = np.column_stack([np.zeros(40), np.tile([-0.1, -0.2], 20)])
    found = overfitting_probability(returns, blocks=4)
    assert found.probability == 0.0
    assert np.isfinite(found.sharpe_variance)


@pytest.mark.parametrize(("trials", "years"), [(5, 1.42), (10, 2.48), (100, 6.4)])
def test_minimum_backtest_years_match_published(trials: int, years: float) -> None:
    found = minimum_backtest_years(trials=trials, best_sharpe=1.0)
    assert found == pytest.approx(years, abs=0.01)


@pytest.mark.parametrize(("shape", "blocks"), [((40, 1), 4), ((40, 2), 3), ((6, 2), 4)])
def test_unfit_shapes_are_refused(shape: tuple[int, int], blocks: int) -> None:
    with pytest.raises(DataError, match="overfitting found returns of shape"):
        overfitting_probability(np.ones(shape), blocks=blocks)
