"""Turn the state of data, model and account into alerts, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Level = Literal["critical", "warning"]
_RANK: dict[Level, int] = {"critical": 0, "warning": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Name one thing that needs an operator; ``key`` is the same while it lasts."""

    level: Level
    key: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Hold what is known at ``now``; None is unknown.

    Attributes
    ----------
    last_bar_closed_at : datetime or None
        Right edge of the newest published bar with a price.
    quality_verdict : str or None
        That bar's verdict: PASS, WARN or FAIL.
    model_fitted_at : datetime or None
        When the champion was fitted.
    risk_state, risk_code : str or None
        The account's guard and why it is not ACTIVE.
    orders_in_doubt : int
        Orders whose outcome is not known.
    """

    now: datetime
    last_bar_closed_at: datetime | None
    quality_verdict: str | None
    model_fitted_at: datetime | None
    risk_state: str | None
    risk_code: str | None
    orders_in_doubt: int


def alerts(
    facts: Facts, *, stale_data_s: int, model_max_age_hours: int
) -> tuple[Alert, ...]:
    """Return the alerts that ``facts`` give, critical ones first."""
    found = (
        *_data_alerts(facts, timedelta(seconds=stale_data_s)),
        *_model_alerts(facts, timedelta(hours=model_max_age_hours)),
        *_account_alerts(facts),
    )
    return tuple(sorted(found, key=lambda alert: (_RANK[alert.level], alert.key)))


def _data_alerts(facts: Facts, limit: timedelta) -> Iterator[Alert]:
    if facts.last_bar_closed_at is None:
        yield Alert(
            level="critical", key="data.absent", message="no bar with a price is built"
        )
        return
    age = facts.now - facts.last_bar_closed_at
    if age > limit:
        yield Alert(
            level="warning",
            key="data.stale",
            message=f"the newest bar is {_hours(age)} old; nothing new is opened after "
            f"{_hours(limit)}",
        )
    if facts.quality_verdict == "FAIL":
        yield Alert(
            level="critical",
            key="data.quality",
            message="the newest bar fails its quality checks; entries are blocked",
        )
    elif facts.quality_verdict == "WARN":
        yield Alert(
            level="warning",
            key="data.quality",
            message="the newest bar has quality warnings",
        )


def _model_alerts(facts: Facts, limit: timedelta) -> Iterator[Alert]:
    if facts.model_fitted_at is None:
        yield Alert(
            level="warning", key="model.absent", message="no champion is registered"
        )
    elif facts.now - facts.model_fitted_at > limit:
        yield Alert(
            level="warning",
            key="model.expired",
            message=f"the champion is {_hours(facts.now - facts.model_fitted_at)} old; "
            f"it opens nothing after {_hours(limit)}",
        )


def _account_alerts(facts: Facts) -> Iterator[Alert]:
    if facts.risk_state in ("REDUCING", "HALTED"):
        yield Alert(
            level="critical" if facts.risk_state == "HALTED" else "warning",
            key="risk.state",
            message=f"the account is {facts.risk_state} because of {facts.risk_code}",
        )
    if facts.orders_in_doubt:
        yield Alert(
            level="critical",
            key="orders.in_doubt",
            message=f"{facts.orders_in_doubt} order(s) have an unknown outcome; the "
            "next cycle looks them up",
        )


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:,.1f} h"
