from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solalpha.errors import DataError
from solalpha.model import bootstrap


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(1, 80), st.integers(0, 5))
def test_circular_indices_run_on_within_blocks(
    count: int, block: int, seed: int
) -> None:
    found = bootstrap.circular_block_indices(count, block=block, draws=3, seed=seed)
    length = min(block, count)
    steps = np.diff(found, axis=1) % count
    inside = (np.arange(1, count) % length) != 0
    assert found.shape == (3, count)
    assert ((found >= 0) & (found < count)).all()
    assert (steps[:, inside] == 1 % count).all()


def test_stationary_blocks_have_the_mean_length() -> None:
    found = bootstrap.stationary_block_indices(2000, mean_block=20, draws=50, seed=3)
    breaks = ((np.diff(found, axis=1) % 2000) != 1).sum() + 50
    assert found.size / breaks == pytest.approx(20, rel=0.08)


def test_stationary_blocks_of_one_are_plain_draws() -> None:
    found = bootstrap.stationary_block_indices(500, mean_block=1, draws=40, seed=3)
    # A plain draw leaves out each row with chance 1/e.
    missed = [500 - np.unique(row).size for row in found]
    assert np.mean(missed) / 500 == pytest.approx(np.exp(-1), abs=0.01)


def test_same_seed_draws_the_same() -> None:
    first, second = (
        bootstrap.stationary_block_indices(90, mean_block=9, draws=4, seed=5)
        for _ in range(2)
    )
    assert (first == second).all()


def test_block_of_all_rows_has_no_spread() -> None:
    values = np.array([1.0, 2.0, 6.0])
    found = bootstrap.mean_interval(values, level=0.95, block=9, draws=50, seed=1)
    assert found == pytest.approx((3.0, 3.0))


def test_moving_block_of_all_rows_returns_the_sum() -> None:
    found = bootstrap.moving_block_sums(
        np.array([1.0, 2.0, 6.0]),
        block=3,
        draws=5,
        generator=np.random.default_rng(1),
    )
    assert found == pytest.approx(np.full(5, 9.0))


def test_mean_interval_of_dependent_rows_is_wider_than_of_shuffled_ones() -> None:
    generator = np.random.default_rng(2)
    values = np.repeat(generator.standard_normal(100), 20)
    wide = bootstrap.mean_interval(values, level=0.95, block=100, draws=500, seed=1)
    generator.shuffle(values)
    narrow = bootstrap.mean_interval(values, level=0.95, block=100, draws=500, seed=1)
    assert (wide[1] - wide[0]) > 3 * (narrow[1] - narrow[0])


def test_mean_interval_of_independent_rows_has_the_normal_width() -> None:
    values = np.random.default_rng(4).standard_normal(4000)
    low, high = bootstrap.mean_interval(values, level=0.95, block=5, draws=2000, seed=1)
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(4000), rel=0.1)


@pytest.mark.parametrize("values", [[], [1.0, np.inf]])
def test_mean_interval_refuses_what_is_not_finite(values: list[float]) -> None:
    with pytest.raises(DataError, match="block bootstrap found"):
        bootstrap.mean_interval(np.array(values), level=0.95, block=2, draws=5, seed=1)


def test_block_below_one_is_refused() -> None:
    with pytest.raises(DataError, match="block 0"):
        bootstrap.circular_block_indices(5, block=0, draws=1, seed=1)


def test_mean_interval_agrees_with_plain_resampling() -> None:
    noise = np.random.default_rng(5).standard_normal(3001)
    values = noise[1:] + noise[:-1] + 0.05
    low, high = bootstrap.mean_interval(
        values, level=0.95, block=30, draws=4000, seed=1
    )
    rows = bootstrap.circular_block_indices(values.size, block=30, draws=4000, seed=2)
    expected = np.quantile(values[rows].mean(axis=1), [0.025, 0.975])
    # Two independent draws of 4000: their quantiles differ by a twentieth at most.
    width = expected[1] - expected[0]
    assert abs(low - expected[0]) < 0.05 * width
    assert abs(high - expected[1]) < 0.05 * width
