"""A small world of hourly bars that the backtest's tests share."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from solalpha.backtest.bars import bars_from_rows
from solalpha.backtest.simulate import Simulation, simulate
from solalpha.config import Parameters, load_parameters
from solalpha.risk.guards import Limits
from solalpha.strategy.decision import PolicyDecision, PolicyInputs, reason_of

START = datetime(2025, 7, 1, tzinfo=UTC)
FEATURES = {
    "atr_14": 1.5,
    "ema_50": 99.0,
    "ema_200": 98.0,
    "macd_line": 0.2,
    "macd_signal": 0.1,
    "rsi_14": 50.0,
    "realised_volatility_24": 0.04,
    "sentiment": 0.0,
    "funding_rate_last": 0.0000125,
    "probability_up": 0.5,
}


def decision_rows(
    closes: list[float | None],
    *,
    executions: list[float | None] | None = None,
    opens: list[float | None] | None = None,
    highs: list[float | None] | None = None,
    lows: list[float | None] | None = None,
    funding_rate: float | None = 0.0,
    funding_price: float | None = None,
    spread_bps: float | None = 0.0,
    **columns: list[Any],
) -> pl.DataFrame:
    """Return decision rows; by default a bar executes at the close before it."""
    count = len(closes)
    ends = [START + timedelta(hours=hour) for hour in range(count)]
    executed = executions or [None, *closes[:-1]]
    pairs = list(zip(executed, closes, strict=True))
    known = [[price for price in pair if price is not None] for pair in pairs]
    frame = pl.DataFrame(
        {
            "coin": ["SOL"] * count,
            "bar_closed_at": ends,
            "decided_at": [end + timedelta(seconds=30) for end in ends],
            "execution_at": [
                end - timedelta(minutes=60) + timedelta(seconds=31) for end in ends
            ],
            "close": closes,
            "final_close": closes,
            "mark_price": [None] * count,
            "execution_price": executed,
            "open": opens or executed,
            "high": highs or [max(pair, default=None) for pair in known],
            "low": lows or [min(pair, default=None) for pair in known],
            "funding_price": [funding_price] * count,
            "funding_rate": [funding_rate] * count,
            "count_funding_due": [1] * count,
            "count_funding_present": [0 if funding_rate is None else 1] * count,
            "spread_bps": [spread_bps] * count,
            "regime": [1] * count,
            "quality_verdict": ["PASS"] * count,
            **{name: [value] * count for name, value in FEATURES.items()},
            **columns,
        },
        schema_overrides=dict.fromkeys(
            ("mark_price", "funding_price", "funding_rate", "spread_bps"), pl.Float64
        ),
    )
    return frame


def scripted(
    plan: dict[int, float], distance: float = math.nan
) -> Callable[[PolicyInputs, Parameters], PolicyDecision]:
    """Return a policy that wants ``plan[hour]`` and otherwise keeps its position."""

    def policy(inputs: PolicyInputs, parameters: Parameters) -> PolicyDecision:
        del parameters
        hour = round((inputs.bar_closed_at - START) / timedelta(hours=1))
        wanted = plan.get(hour, inputs.position_base)
        return PolicyDecision(
            target_base=wanted,
            stop_distance_usd=distance,
            reason=reason_of(inputs.position_base, wanted),
            gates=(),
        )

    return policy


def hourly(**overrides: str) -> Parameters:
    """Return parameters with a decision every hour and no cost but what is named."""
    free = {"taker_fee_rate": "0", "slippage_bps": "0", "default_spread_bps": "0"}
    return load_parameters({"decide_every_bars": "1", **free, **overrides})


def run(rows: pl.DataFrame, policy: Any, parameters: Parameters) -> Simulation:
    """Simulate ``policy`` over ``rows`` under the limits of ``parameters``."""
    return simulate(
        bars_from_rows(rows, parameters),
        policy,
        parameters,
        Limits.from_parameters(parameters),
        None,
    )


class World:
    """Hand the helpers above to a test."""

    start = START
    rows = staticmethod(decision_rows)
    scripted = staticmethod(scripted)
    hourly = staticmethod(hourly)
    run = staticmethod(run)


@pytest.fixture
def world() -> type[World]:
    """Return the helpers."""
    return World
