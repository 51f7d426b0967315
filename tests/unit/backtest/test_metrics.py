import math

import numpy as np
import pytest

from solalpha.backtest import metrics

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000


def test_daily_returns_end_each_day_at_midnight() -> None:
    closed = np.array([0, 12, 24, 36, 48], dtype=np.int64) * HOUR_US
    equity = np.array([100.0, 90.0, 110.0, 120.0, 121.0])
    # The bar that closes at midnight ends its day: 100 to 110 to 121.
    assert metrics.daily_returns(closed, equity) == pytest.approx([0.1, 0.1])


def test_daily_returns_start_within_a_day() -> None:
    closed = np.array([6, 24, 30], dtype=np.int64) * HOUR_US
    equity = np.array([100.0, 110.0, 99.0])
    assert metrics.daily_returns(closed, equity) == pytest.approx([0.1, -0.1])


def test_sharpe_is_annualised_with_365_days() -> None:
    returns = np.array([0.01, 0.02, 0.03])
    assert metrics.sharpe(returns) == pytest.approx(2.0 * math.sqrt(365.0))


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0]])
def test_sharpe_of_nothing_or_of_constants_is_undefined(returns) -> None:
    assert math.isnan(metrics.sharpe(np.array(returns)))


def test_cagr_of_a_year_is_the_return() -> None:
    assert metrics.cagr(100.0, 130.0, 365 * DAY_US) == pytest.approx(0.3)


def test_cagr_of_half_a_year_compounds() -> None:
    assert metrics.cagr(100.0, 110.0, 365 * DAY_US // 2) == pytest.approx(0.21)


def test_cagr_of_ruin_is_minus_one_and_of_no_time_undefined() -> None:
    assert metrics.cagr(100.0, -5.0, DAY_US) == -1.0
    assert math.isnan(metrics.cagr(100.0, 110.0, 0))
    assert math.isfinite(metrics.cagr(100.0, 1000.0, HOUR_US))


def test_drawdowns_fall_from_the_running_peak() -> None:
    found = metrics.drawdowns(np.array([100.0, 120.0, 90.0, 130.0]))
    assert found == pytest.approx([0.0, 0.0, -0.25, 0.0])


def test_log_growth_of_ruin_is_finite() -> None:
    found = metrics.log_growth(np.array([100.0, -1.0, -1.0]))
    assert found == pytest.approx([math.log(1e-9), 0.0])
