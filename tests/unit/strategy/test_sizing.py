import math

import pytest

from solalpha.strategy import sizing


def test_annual_volatility_scales_a_day_to_a_year() -> None:
    assert sizing.annual_volatility(0.04, 24, 8760) == pytest.approx(0.04 * 365**0.5)


def test_volatility_size_takes_the_target_over_volatility() -> None:
    size = sizing.volatility_size(10_000.0, 150.0, 0.8, 0.3, 1.0, 2)
    assert size == 25.0


def test_volatility_size_in_calm_is_capped() -> None:
    assert sizing.volatility_size(10_000.0, 100.0, 0.1, 0.3, 1.0, 2) == 100.0


@pytest.mark.parametrize("unknown", [math.nan, 0.0, -1.0, math.inf])
def test_volatility_size_of_unknown_is_nothing(unknown: float) -> None:
    assert sizing.volatility_size(unknown, 150.0, 0.8, 0.3, 1.0, 2) == 0.0
    assert sizing.volatility_size(10_000.0, unknown, 0.8, 0.3, 1.0, 2) == 0.0
    assert sizing.volatility_size(10_000.0, 150.0, unknown, 0.3, 1.0, 2) == 0.0


@pytest.mark.parametrize(("atr", "expected"), [(5.0, 10.0), (20.0, 5.0)])
def test_paper_size_takes_the_lesser_leg(atr: float, expected: float) -> None:
    assert sizing.paper_size(10_000.0, 100.0, atr, 0.01, 0.1, 2) == expected


def test_paper_size_rounds_down_to_the_lot() -> None:
    assert sizing.paper_size(10_000.0, 150.0, 1.0, 0.01, 0.1, 2) == 6.66


@pytest.mark.parametrize("unknown", [math.nan, 0.0, math.inf])
def test_paper_size_of_unknown_is_nothing(unknown: float) -> None:
    assert sizing.paper_size(unknown, 100.0, 1.0, 0.01, 0.1, 2) == 0.0
    assert sizing.paper_size(1000.0, unknown, 1.0, 0.01, 0.1, 2) == 0.0
    assert sizing.paper_size(1000.0, 100.0, unknown, 0.01, 0.1, 2) == 0.0
