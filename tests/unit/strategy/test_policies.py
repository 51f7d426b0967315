import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.config import load_parameters
from solalpha.strategy.decision import PolicyInputs, reason_of
from solalpha.strategy.policies import paper, perp

PARAMETERS = load_parameters()
NAN = math.nan
# Bullish, scored 2, calm news, flat: both policies go long.
LONG = PolicyInputs(
    coin="SOL",
    bar_closed_at=datetime(2025, 7, 1, tzinfo=UTC),
    probability_up=0.62,
    close=150.0,
    atr=1.5,
    ema_fast=148.0,
    ema_slow=140.0,
    macd_line=0.5,
    macd_signal=0.3,
    rsi=55.0,
    realised_volatility=0.04,
    regime=1,
    sentiment=0.1,
    funding_rate=0.0000125,
    position_base=0.0,
    equity_usd=10_000.0,
    cash_usd=10_000.0,
)
SHORT = replace(LONG, probability_up=0.38, regime=-1)
# 0.3 / (0.04 * sqrt(365)) of 10000 USD at 150 USD, in whole lots.
PERP_SIZE = 26.17


def target(policy, **changes) -> float:
    base = changes.pop("base", LONG)
    return policy(replace(base, **changes), PARAMETERS).target_base


def test_paper_enters_with_a_tenth_of_cash() -> None:
    decision = paper(LONG, PARAMETERS)
    assert decision.target_base == 6.66
    assert decision.reason == "enter"
    assert all(gate.passed for gate in decision.gates)


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"probability_up": 0.49}, "probability"),
        ({"regime": -1}, "regime"),
        ({"regime": 0}, "regime"),
        ({"ema_slow": 151.0}, "trend"),
        ({"ema_slow": NAN}, "trend"),
        ({"macd_line": 0.2}, "score"),
        ({"macd_signal": NAN}, "score"),
        ({"sentiment": -0.71}, "sentiment"),
    ],
)
def test_paper_stays_out_when_a_gate_is_shut(changes: dict, gate: str) -> None:
    decision = paper(replace(LONG, **changes), PARAMETERS)
    assert decision.target_base == 0.0
    assert gate in {shut.name for shut in decision.gates if not shut.passed}


def test_paper_enters_nothing_on_an_unknown_probability() -> None:
    # Trend and reversion alone make two points.
    assert target(paper, probability_up=NAN, rsi=25.0) == 0.0
    assert target(paper, probability_up=0.6, rsi=25.0) == 6.66


def test_paper_enters_without_any_headline() -> None:
    assert target(paper, sentiment=NAN) == 6.66


@pytest.mark.parametrize(
    "changes",
    [
        {"probability_up": 0.49},
        {"regime": -1},
        {"rsi": 70.1},
        {"sentiment": -0.71},
    ],
)
def test_paper_leaves_on_each_exit(changes: dict) -> None:
    decision = paper(replace(LONG, position_base=5.0, **changes), PARAMETERS)
    assert decision.target_base == 0.0
    assert decision.reason == "exit"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"probability_up": NAN},
        {"regime": 0},
        {"rsi": NAN},
        {"sentiment": NAN},
        {"close": NAN, "atr": NAN},
        {"close": 130.0},
    ],
)
def test_paper_keeps_what_it_holds_otherwise(changes: dict) -> None:
    assert target(paper, position_base=5.0, **changes) == 5.0


def test_perp_enters_long_sized_for_volatility_with_a_stop() -> None:
    decision = perp(LONG, PARAMETERS)
    assert decision.target_base == PERP_SIZE
    assert decision.stop_distance_usd == pytest.approx(9.0)
    assert all(gate.passed for gate in decision.gates)


def test_perp_enters_short_in_a_bearish_regime() -> None:
    assert target(perp, base=SHORT) == -PERP_SIZE


@pytest.mark.parametrize(
    "changes",
    [
        {"probability_up": 0.549},
        {"probability_up": NAN},
        {"regime": -1},
        {"regime": 0},
        {"atr": NAN},
        {"close": NAN},
        {"realised_volatility": NAN},
        {"sentiment": -0.71},
        {"equity_usd": NAN},
        {"equity_usd": -5.0},
    ],
)
def test_perp_takes_no_new_risk_when_a_gate_is_shut(changes: dict) -> None:
    assert target(perp, **changes) == 0.0


def test_perp_short_does_not_ask_for_good_news() -> None:
    assert target(perp, base=SHORT, sentiment=-0.9) == -PERP_SIZE


def test_perp_stays_out_when_funding_eats_the_edge() -> None:
    # Edge 0.24 * 0.04 * 0.798 = 0.00766; costs 0.0015; funding 24 * rate.
    assert target(perp, funding_rate=0.00025) == PERP_SIZE
    assert target(perp, funding_rate=0.00026) == 0.0
    assert target(perp, base=SHORT, funding_rate=0.00026) == -PERP_SIZE


def test_perp_says_when_funding_is_unknown() -> None:
    decision = perp(replace(LONG, funding_rate=NAN), PARAMETERS)
    (edge,) = [gate for gate in decision.gates if gate.name == "edge"]
    assert edge.passed
    assert "funding=unknown" in edge.detail


def test_perp_stays_out_when_the_edge_is_below_costs() -> None:
    assert target(perp, realised_volatility=0.007) == 0.0


@pytest.mark.parametrize(
    ("position", "changes", "expected"),
    [
        (5.0, {"probability_up": 0.53}, 5.0),
        (5.0, {"probability_up": 0.62}, 5.0),
        (5.0, {"probability_up": 0.49}, 0.0),
        (5.0, {"sentiment": -0.71, "probability_up": 0.53}, 0.0),
        (5.0, {"probability_up": NAN, "close": NAN}, 5.0),
        (5.0, {"probability_up": 0.38, "regime": -1}, -PERP_SIZE),
        (5.0, {"probability_up": 0.38, "regime": -1, "close": NAN}, 0.0),
        (-5.0, {"probability_up": 0.47}, -5.0),
        (-5.0, {"probability_up": 0.51}, 0.0),
        (-5.0, {"probability_up": NAN}, -5.0),
        (-5.0, {}, PERP_SIZE),
    ],
)
def test_perp_keeps_leaves_or_flips(
    position: float, changes: dict, expected: float
) -> None:
    assert target(perp, position_base=position, **changes) == expected


UNKNOWABLE = [
    "probability_up",
    "close",
    "atr",
    "ema_fast",
    "ema_slow",
    "macd_line",
    "macd_signal",
    "rsi",
    "realised_volatility",
    "sentiment",
    "funding_rate",
]


@given(
    unknown=st.sets(st.sampled_from(UNKNOWABLE)),
    probability=st.floats(0.0, 1.0),
    regime=st.sampled_from([-1, 0, 1]),
    position=st.sampled_from([-3.0, 0.0, 3.0]),
)
def test_unknowns_never_raise_nor_open_what_the_known_would_not(
    unknown: set[str], probability: float, regime: int, position: float
) -> None:
    known = replace(
        LONG, probability_up=probability, regime=regime, position_base=position
    )
    blurred = replace(known, **dict.fromkeys(unknown, NAN))
    for policy in (paper, perp):
        full = policy(known, PARAMETERS).target_base
        dim = policy(blurred, PARAMETERS).target_base
        assert dim == dim
        is_new_risk = dim != 0.0 and dim != position
        if is_new_risk and not unknown & {"sentiment", "funding_rate", "rsi"}:
            assert dim == full


@pytest.mark.parametrize(
    ("position", "wanted", "reason"),
    [
        (0.0, 0.0, "hold"),
        (0.0, 2.0, "enter"),
        (2.0, 0.0, "exit"),
        (2.0, -1.0, "enter"),
        (2.0, 1.0, "resize"),
        (-2.0, -2.0, "hold"),
    ],
)
def test_reason_of_names_the_change(
    position: float, wanted: float, reason: str
) -> None:
    assert reason_of(position, wanted) == reason
