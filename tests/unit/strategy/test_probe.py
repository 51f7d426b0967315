import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from solalpha.config import load_parameters
from solalpha.strategy.decision import PolicyInputs
from solalpha.strategy.probe import probe

PARAMETERS = load_parameters({"decide_every_bars": "1"})
START = datetime(2025, 7, 1, tzinfo=UTC)
INPUTS = PolicyInputs(
    coin="SOL",
    bar_closed_at=START,
    position_base=0.0,
    equity_usd=10_000.0,
    cash_usd=10_000.0,
    regime=0,
    **dict.fromkeys(
        (
            "probability_up",
            "ema_fast",
            "ema_slow",
            "macd_line",
            "macd_signal",
            "rsi",
            "realised_volatility",
            "sentiment",
            "funding_rate",
        ),
        math.nan,
    ),
    close=100.0,
    atr=2.0,
)


def test_probe_walks_through_both_sides_and_flat() -> None:
    wanted = []
    position = 0.0
    reasons = set()
    for hour in range(12):
        decision = probe(
            replace(
                INPUTS,
                bar_closed_at=START + timedelta(hours=hour),
                position_base=position,
            ),
            PARAMETERS,
        )
        position = decision.target_base
        wanted.append(position)
        reasons.add(decision.reason)
    assert set(wanted) == {30.0, 60.0, 20.0, -50.0, -20.0, 0.0}
    assert reasons == {"enter", "resize", "exit"}


def test_probe_without_a_price_keeps_the_position() -> None:
    inputs = replace(INPUTS, close=math.nan, position_base=7.0)
    assert probe(inputs, PARAMETERS).target_base == 7.0
