from __future__ import annotations

import math

import numpy as np
import pytest

from solalpha.errors import DataError
from solalpha.model import significance


def test_expected_best_sharpe_matches_published_example() -> None:
    # Bailey and Lopez de Prado (2014): N = 100, annual variance 1/2, 250 days a year.
    hurdle = significance.expected_best_sharpe(
        trials=100, trial_deviation=math.sqrt(0.5 / 250)
    )
    assert hurdle == pytest.approx(0.11317, abs=5e-6)


def test_deflated_sharpe_matches_published_example() -> None:
    found = significance.deflated_sharpe(
        sharpe=2.5 / math.sqrt(250),
        count=1250,
        skewness=-3.0,
        kurtosis=10.0,
        trials=100,
        trial_deviation=math.sqrt(0.5 / 250),
    )
    assert found == pytest.approx(0.90040, abs=5e-6)


@pytest.mark.parametrize(
    ("periods_a_year", "skewness", "kurtosis", "years"),
    [
        (252, 0.0, 3.0, 2.73),
        (52, 0.0, 3.0, 2.83),
        (12, 0.0, 3.0, 3.24),
        (12, -0.72, 5.78, 4.99),
    ],
)
def test_minimum_track_record_matches_published_years(
    periods_a_year: int, skewness: float, kurtosis: float, years: float
) -> None:
    periods = significance.minimum_track_record(
        sharpe=2.0 / math.sqrt(periods_a_year),
        benchmark=1.0 / math.sqrt(periods_a_year),
        skewness=skewness,
        kurtosis=kurtosis,
        confidence=0.95,
    )
    assert periods / periods_a_year == pytest.approx(years, abs=0.006)


def test_minimum_track_record_below_benchmark_is_infinite() -> None:
    found = significance.minimum_track_record(
        sharpe=0.1, benchmark=0.1, skewness=0.0, kurtosis=3.0, confidence=0.95
    )
    assert math.isinf(found)


def test_probabilistic_sharpe_at_minimum_track_record_is_the_confidence() -> None:
    numbers = {"sharpe": 0.12, "benchmark": 0.05, "skewness": -0.5, "kurtosis": 6.0}
    periods = significance.minimum_track_record(**numbers, confidence=0.95)
    found = significance.probabilistic_sharpe(**numbers, count=math.ceil(periods))
    assert found == pytest.approx(0.95, abs=1e-3)


def test_standard_error_of_zero_sharpe_is_root_of_periods() -> None:
    found = significance.sharpe_standard_error(
        sharpe=0.0, count=101, skewness=0.0, kurtosis=3.0
    )
    assert found == pytest.approx(0.1)


def test_standard_error_uses_raw_kurtosis() -> None:
    # 1 + (3 - 1) / 4 * 0.2 ** 2 = 1.02 for a normal variable.
    found = significance.sharpe_standard_error(
        sharpe=0.2, count=2, skewness=0.0, kurtosis=3.0
    )
    assert found == pytest.approx(math.sqrt(1.02))


def test_one_trial_expects_no_luck() -> None:
    assert significance.expected_best_unit(1) == 0.0


def test_expected_best_grows_with_trials() -> None:
    found = [significance.expected_best_unit(trials) for trials in (2, 10, 100, 1000)]
    assert found == sorted(found)
    # The mean of 10 normal draws' maximum is 1.5388.
    assert found[1] == pytest.approx(1.5388, abs=0.04)


def test_moments_of_hand_worked_returns() -> None:
    # Mean 2, deviations -1, 0, 1: variance 2/3 with n, 1 with n - 1.
    found = significance.return_moments(np.array([1.0, 2.0, 3.0]))
    assert found is not None
    assert (found.mean, found.deviation, found.sharpe) == (2.0, 1.0, 2.0)
    assert found.skewness == 0.0
    assert found.kurtosis == pytest.approx((2 / 3) / (2 / 3) ** 2)


@pytest.mark.parametrize("returns", [[0.0, 0.0, 0.0], [0.1] * 7, [0.1, 0.2]])
def test_moments_without_variation_are_none(returns: list[float]) -> None:
    assert significance.return_moments(np.array(returns)) is None


def test_moments_of_null_return_are_refused() -> None:
    with pytest.raises(DataError, match="1 of 3 returns are not finite"):
        significance.return_moments(np.array([0.1, np.nan, 0.2]))


@pytest.mark.parametrize(("count", "kurtosis"), [(1, 3.0), (10, -600.0)])
def test_contradicting_numbers_are_refused(count: int, kurtosis: float) -> None:
    with pytest.raises(DataError):
        significance.sharpe_standard_error(
            sharpe=0.1, count=count, skewness=0.0, kurtosis=kurtosis
        )


def test_no_trials_are_refused() -> None:
    with pytest.raises(DataError, match="0 trials"):
        significance.expected_best_unit(0)
