import math
from datetime import UTC, datetime

import pytest

from solalpha.strategy import signal

NAN = math.nan


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.55, 1), (0.549, 0), (0.45, -1), (0.451, 0), (NAN, 0)],
)
def test_direction_needs_the_threshold(probability: float, expected: int) -> None:
    assert signal.direction(probability, 0.55) == expected


@pytest.mark.parametrize(
    ("side", "probability", "expected"),
    [
        (1, 0.49, True),
        (1, 0.50, False),
        (-1, 0.51, True),
        (-1, 0.50, False),
        (1, NAN, False),
        (-1, NAN, False),
        (0, 0.1, False),
    ],
)
def test_is_exit_of_an_unknown_probability_keeps(
    side: int, probability: float, expected: bool
) -> None:
    assert signal.is_exit(side, probability, 0.50) is expected


def test_is_decision_bar_of_a_daily_decision_is_midnight_utc() -> None:
    hours = [
        hour
        for hour in range(24)
        if signal.is_decision_bar(
            int(datetime(2025, 7, 1, hour, tzinfo=UTC).timestamp()), 60, 24
        )
    ]
    assert hours == [0]


def test_expected_edge_is_hit_rate_surplus_times_mean_absolute_return() -> None:
    edge = signal.expected_edge(0.6, 0.05)
    assert edge == pytest.approx(0.2 * 0.05 * 0.7978845608)
    assert signal.expected_edge(0.4, 0.05) == pytest.approx(edge)


def test_horizon_volatility_grows_with_the_root_of_time() -> None:
    assert signal.horizon_volatility(0.02, 24, 96) == pytest.approx(0.04)


def test_expected_funding_charges_longs_and_pays_shorts() -> None:
    assert signal.expected_funding(1, 0.0001, 24.0) == pytest.approx(0.0024)
    assert signal.expected_funding(-1, 0.0001, 24.0) == pytest.approx(-0.0024)
    assert signal.expected_funding(1, NAN, 24.0) == 0.0


def test_is_edge_enough_weighs_costs_and_funding() -> None:
    assert signal.is_edge_enough(0.003, 0.002, 0.001, 1.0)
    assert not signal.is_edge_enough(0.0029, 0.002, 0.001, 1.0)
    assert not signal.is_edge_enough(0.003, 0.002, 0.001, 1.5)
    assert not signal.is_edge_enough(NAN, 0.0, 0.0, 1.0)
    assert not signal.is_edge_enough(0.0, 0.001, -0.002, 1.0)


@pytest.mark.parametrize(
    ("side", "regime", "expected"),
    [(1, 1, True), (1, -1, False), (-1, -1, True), (1, 0, False), (0, 1, False)],
)
def test_is_regime_on_side(side: int, regime: int, expected: bool) -> None:
    assert signal.is_regime_on_side(side, regime) is expected


def test_is_sentiment_bad_only_when_known() -> None:
    assert signal.is_sentiment_bad(-0.71, -0.7)
    assert not signal.is_sentiment_bad(-0.7, -0.7)
    assert not signal.is_sentiment_bad(NAN, -0.7)


@pytest.mark.parametrize(
    ("probability", "close", "rsi", "expected"),
    [
        (0.6, 101.0, 25.0, 3),
        (0.6, 101.0, 50.0, 2),
        (0.4, 101.0, 50.0, 1),
        (0.4, 99.0, 50.0, 0),
        (0.5, 99.0, 50.0, 1),
        (NAN, 101.0, 25.0, 2),
    ],
)
def test_paper_score_adds_a_point_per_leg(
    probability: float, close: float, rsi: float, expected: int
) -> None:
    score = signal.paper_score(probability, close, 100.0, 0.2, 0.1, rsi, 30.0)
    assert score == expected
