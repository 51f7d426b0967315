"""Alerts name what an operator should look at, worst first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from solalpha.monitor.health import Facts, alerts

NOW = datetime(2025, 7, 1, 12, tzinfo=UTC)
GOOD = Facts(
    now=NOW,
    last_bar_closed_at=NOW - timedelta(hours=1),
    quality_verdict="PASS",
    model_fitted_at=NOW - timedelta(hours=24),
    risk_state="ACTIVE",
    risk_code="",
    orders_in_doubt=0,
)


def keys(**changes: object) -> list[tuple[str, str]]:
    found = alerts(replace(GOOD, **changes), stale_data_s=7200, model_max_age_hours=48)
    return [(alert.level, alert.key) for alert in found]


def test_healthy_system_has_no_alert() -> None:
    assert keys() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"last_bar_closed_at": None}, ("critical", "data.absent")),
        (
            {"last_bar_closed_at": NOW - timedelta(hours=2, seconds=1)},
            ("warning", "data.stale"),
        ),
        ({"quality_verdict": "FAIL"}, ("critical", "data.quality")),
        ({"quality_verdict": "WARN"}, ("warning", "data.quality")),
        ({"model_fitted_at": None}, ("warning", "model.absent")),
        ({"model_fitted_at": NOW - timedelta(hours=49)}, ("warning", "model.expired")),
        ({"risk_state": "REDUCING"}, ("warning", "risk.state")),
        ({"risk_state": "HALTED"}, ("critical", "risk.state")),
        ({"orders_in_doubt": 1}, ("critical", "orders.in_doubt")),
    ],
)
def test_each_fault_gives_its_alert(
    changes: dict[str, object], expected: tuple[str, str]
) -> None:
    assert keys(**changes) == [expected]


def test_edges_of_the_limits_are_still_healthy() -> None:
    assert keys(last_bar_closed_at=NOW - timedelta(seconds=7200)) == []
    assert keys(model_fitted_at=NOW - timedelta(hours=48)) == []


def test_critical_alerts_stand_first() -> None:
    found = keys(model_fitted_at=None, orders_in_doubt=2)
    assert [level for level, _ in found] == ["critical", "warning"]
