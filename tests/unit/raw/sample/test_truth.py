from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest

from solalpha.raw.sample.draws import Floats
from solalpha.raw.sample.latent import simulate_latent
from solalpha.raw.sample.news import simulate_news
from solalpha.raw.sample.prices import simulate_market
from solalpha.raw.sample.truth import auc, outcomes, probability_up
from solalpha.raw.sample.world import World, trade_coin_model

SEEDS = (11, 12, 13, 14)
DAYS = 1000
START_HOUR = 482_136


@functools.cache
def truth(seed: int, edge: float) -> tuple[Floats, Floats]:
    # True probabilities and whether the price rose, shape (n_hours - 24,) each.
    latent = simulate_latent(
        days=DAYS, seed=seed, start_hour=START_HOUR, outages_per_year=0.0
    )
    market = simulate_market(latent, trade_coin_model("SOL"), seed=seed, edge=edge)
    _, _, announced = simulate_news(latent, market, seed=seed, edge=edge)
    probability = probability_up(
        latent, market, announced, edge=edge, start_hour=START_HOUR
    )
    mid = (market.bid[59::60] + market.ask[59::60]) / 2.0
    return probability[:-24], outcomes(mid)


def test_auc_counts_ordered_pairs_and_halves_ties() -> None:
    # Pairs (up, down): 0.8>0.5, 0.8>0.3, 0.5=0.5, 0.5>0.3 -> 3.5 of 4.
    probability = np.array([0.8, 0.5, 0.5, 0.3])
    assert auc(probability, np.array([1.0, 1.0, 0.0, 0.0])) == pytest.approx(0.875)
    assert np.isnan(auc(probability, np.ones(4)))


def test_outcomes_look_a_day_ahead() -> None:
    close = np.concatenate((np.zeros(24), [1.0, -1.0, 0.0]))
    assert outcomes(close).tolist() == [1.0, 0.0, 0.0]


def test_full_edge_has_bayes_auc_near_its_mark() -> None:
    found = [auc(*truth(seed, 1.0)) for seed in SEEDS]
    assert np.mean(found) == pytest.approx(0.65, abs=0.015)


def test_half_edge_lies_between() -> None:
    assert 0.55 < auc(*truth(SEEDS[0], 0.5)) < 0.61


def test_efficient_market_has_no_direction_to_know() -> None:
    found = [truth(seed, 0.0) for seed in SEEDS[:2]]
    # What little there is to know is the funding that the price makes up for.
    assert np.mean([auc(*pair) for pair in found]) == pytest.approx(0.5, abs=0.04)
    assert found[0][0].std() < 0.02


def test_true_probabilities_are_calibrated() -> None:
    found = [truth(seed, 1.0) for seed in SEEDS]
    probability, is_up = (np.concatenate([pair[i] for pair in found]) for i in (0, 1))
    for low, high in ((0.0, 0.3), (0.3, 0.45), (0.45, 0.55), (0.55, 0.7), (0.7, 1.0)):
        chosen = (probability >= low) & (probability < high)
        assert is_up[chosen].mean() == pytest.approx(
            probability[chosen].mean(), abs=0.035
        )


def test_announced_jump_moves_the_probability_its_way(
    world: Callable[[int, int, float], World],
) -> None:
    simulated = world(360, 21, 1.0)
    told = simulated.announced
    hour = told.jump_minute // 60 - 1
    spans = told.published_minute // 60 <= hour
    known = simulated.probability[hour[spans]]
    tone = told.tone[spans]
    assert known[tone > 0].mean() > known[tone < 0].mean() + 0.05


def test_world_reports_the_auc_of_its_probabilities(
    world: Callable[[int, int, float], World],
) -> None:
    simulated = world(20, 1, 1.0)
    expected = auc(simulated.probability[:-24], outcomes(simulated.close))
    assert simulated.bayes_auc == expected
