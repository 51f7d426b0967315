import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.risk import limits

NAN = math.nan


def test_exposure_of_nothing_is_zero_and_of_ruin_infinite() -> None:
    assert limits.exposure(-10.0, 100.0, 2000.0) == pytest.approx(0.5)
    assert limits.exposure(0.0, 100.0, 0.0) == 0.0
    assert limits.exposure(1.0, 100.0, -1.0) == math.inf


def test_drawdown_is_negative_and_never_above_zero() -> None:
    assert limits.drawdown(80.0, 100.0) == pytest.approx(-0.2)
    assert limits.drawdown(120.0, 100.0) == 0.0


def test_drawdown_limit_is_inclusive() -> None:
    assert limits.is_drawdown_breached(75.0, 100.0, 0.25)
    assert not limits.is_drawdown_breached(75.1, 100.0, 0.25)
    assert not limits.is_drawdown_breached(1.0, 100.0, math.inf)


def test_daily_loss_limit_is_inclusive() -> None:
    assert limits.is_daily_loss_breached(50.0, 100.0, 0.5)
    assert not limits.is_daily_loss_breached(50.1, 100.0, 0.5)


@pytest.mark.parametrize(
    ("age", "expected"), [(10.0, False), (11.0, True), (NAN, True)]
)
def test_unknown_age_counts_as_too_old(age: float, expected: bool) -> None:
    assert limits.is_stale(age, 10.0) is expected
    assert limits.is_model_expired(age, 10.0) is expected


@pytest.mark.parametrize(
    ("verdict", "blocks"),
    [("PASS", False), ("WARN", False), ("FAIL", True), (None, True), ("odd", True)],
)
def test_quality_blocks_on_fail_and_on_no_verdict(
    verdict: str | None, blocks: bool
) -> None:
    assert limits.is_quality_blocking(limits.quality_code(verdict)) is blocks


def test_sentiment_blocks_only_when_known() -> None:
    assert limits.is_sentiment_blocking(-0.8, -0.7)
    assert not limits.is_sentiment_blocking(NAN, -0.7)


@pytest.mark.parametrize(
    ("target", "position", "expected"),
    [
        (10.0, 5.0, 5.0),
        (3.0, 5.0, 3.0),
        (-3.0, 5.0, 0.0),
        (-10.0, -5.0, -5.0),
        (-3.0, -5.0, -3.0),
        (3.0, -5.0, 0.0),
        (3.0, 0.0, 0.0),
    ],
)
def test_reduced_only_never_adds(
    target: float, position: float, expected: float
) -> None:
    assert limits.reduced_only(target, position) == expected


@pytest.mark.parametrize(
    ("target", "position", "expected"),
    [
        (10.0, 0.0, 7.0),
        (-10.0, 0.0, -7.0),
        (10.0, 9.0, 9.0),
        (8.0, 9.0, 8.0),
        (-10.0, 9.0, -7.0),
        (5.0, 0.0, 5.0),
    ],
)
def test_capped_limits_increases_alone(
    target: float, position: float, expected: float
) -> None:
    assert limits.capped(target, position, 7.0) == expected


def test_largest_size_of_unknown_is_nothing() -> None:
    assert limits.largest_size(10_000.0, 150.0, 1.0, 2) == 66.66
    assert limits.largest_size(NAN, 150.0, 1.0, 2) == 0.0
    assert limits.largest_size(10_000.0, NAN, 1.0, 2) == 0.0


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0, 100))
def test_limits_never_raise_risk(
    target: float, position: float, largest: float
) -> None:
    reduced = limits.reduced_only(target, position)
    assert abs(reduced) <= abs(position)
    assert reduced * position >= 0.0
    assert abs(limits.capped(target, position, largest)) <= max(largest, abs(position))
