from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from solalpha.raw.sample.truth import auc, outcomes
from solalpha.raw.sample.world import World

Worlds = Callable[[int, int, float], World]
SEEDS = (11, 12, 13, 14)
DAYS = 1000


def test_auc_counts_ordered_pairs_and_halves_ties() -> None:
    # Pairs (up, down): 0.8>0.5, 0.8>0.3, 0.5=0.5, 0.5>0.3 -> 3.5 of 4.
    probability = np.array([0.8, 0.5, 0.5, 0.3])
    assert auc(probability, np.array([1.0, 1.0, 0.0, 0.0])) == pytest.approx(0.875)
    assert np.isnan(auc(probability, np.ones(4)))


def test_outcomes_look_a_day_ahead() -> None:
    close = np.concatenate((np.zeros(24), [1.0, -1.0, 0.0]))
    assert outcomes(close).tolist() == [1.0, 0.0, 0.0]


def test_full_edge_has_bayes_auc_near_its_mark(world: Worlds) -> None:
    found = [world(DAYS, seed, 1.0).bayes_auc for seed in SEEDS]
    assert np.mean(found) == pytest.approx(0.65, abs=0.015)


def test_half_edge_lies_between(world: Worlds) -> None:
    found = [world(DAYS, seed, 0.5).bayes_auc for seed in SEEDS[:2]]
    assert 0.55 < np.mean(found) < 0.61


def test_efficient_market_has_no_direction_to_know(world: Worlds) -> None:
    found = [world(DAYS, seed, 0.0).bayes_auc for seed in SEEDS]
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)
    probability = world(DAYS, SEEDS[0], 0.0).probability
    assert probability.std() < 0.01


def test_true_probabilities_are_calibrated(world: Worlds) -> None:
    worlds = [world(DAYS, seed, 1.0) for seed in SEEDS]
    probability = np.concatenate([w.probability[:-24] for w in worlds])
    is_up = np.concatenate([outcomes(w.close) for w in worlds])
    for low, high in ((0.0, 0.3), (0.3, 0.45), (0.45, 0.55), (0.55, 0.7), (0.7, 1.0)):
        chosen = (probability >= low) & (probability < high)
        assert is_up[chosen].mean() == pytest.approx(
            probability[chosen].mean(), abs=0.035
        )
