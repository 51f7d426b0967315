import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.config import load_parameters
from solalpha.risk import guards, limits
from solalpha.risk.guards import GuardState, Limits, RiskInputs

LIMITS = Limits.from_parameters(load_parameters())
START = GuardState.start(10_000.0, 100)
CLEAR = RiskInputs(
    price=100.0,
    equity_usd=10_000.0,
    sentiment=0.0,
    quality=limits.QUALITY_PASS,
    data_age_s=30.0,
    model_age_hours=1.0,
)


def marked(state, equity, *, day=100, leverage=0.5, limits_=LIMITS):
    return guards.mark(
        state, equity_usd=equity, leverage=leverage, day=day, limits=limits_
    )


def permit(target, position, state=START, **changes):
    return guards.apply(target, position, state, replace(CLEAR, **changes), LIMITS)


def test_mark_within_limits_stays_active_without_an_event() -> None:
    state, events = marked(START, 9_900.0)
    assert state.status == guards.ACTIVE
    assert events == ()


def test_mark_drawdown_from_the_peak_halts_with_an_event() -> None:
    state, _ = marked(START, 20_000.0)
    state, events = marked(state, 15_900.0, day=101)
    assert (state.status, state.code) == (guards.HALTED, "drawdown")
    (event,) = events
    assert (event.state_from, event.state_to) == (guards.ACTIVE, guards.HALTED)
    assert "drawdown=-0.2050" in event.detail


def test_mark_a_drawdown_halt_lasts_whatever_equity_does() -> None:
    state, _ = marked(START, 7_900.0)
    state, events = marked(state, 30_000.0, day=200)
    assert state.status == guards.HALTED
    assert events == ()


def test_mark_without_the_drawdown_limit_never_halts_for_it() -> None:
    state, _ = marked(START, 1.0, limits_=LIMITS.without_drawdown())
    assert state.status == guards.REDUCING


def test_mark_daily_loss_reduces_until_the_next_day() -> None:
    state, _ = marked(START, 9_400.0)
    assert (state.status, state.code) == (guards.REDUCING, "daily_loss")
    state, events = marked(state, 10_000.0)
    assert state.code == "daily_loss"
    assert events == ()
    state, (event,) = marked(state, 9_400.0, day=101)
    assert state.status == guards.ACTIVE
    assert event.state_to == guards.ACTIVE


def test_mark_leverage_over_the_limit_reduces_until_it_is_under() -> None:
    state, _ = marked(START, 10_000.0, leverage=3.1)
    assert (state.status, state.code) == (guards.REDUCING, "leverage")
    state, _ = marked(state, 10_000.0, leverage=2.9)
    assert state.status == guards.ACTIVE


def test_mark_unknown_equity_reduces_and_recovers() -> None:
    state, _ = marked(START, math.nan)
    assert state.code == "equity_unknown"
    assert state.peak_usd == 10_000.0
    state, _ = marked(state, 10_000.0)
    assert state.status == guards.ACTIVE


def test_resumed_from_a_drawdown_needs_the_peak_rebased() -> None:
    state, _ = marked(START, 7_000.0)
    same, events = guards.resumed(state, equity_usd=7_000.0, is_peak_rebased=False)
    assert same.status == guards.HALTED
    assert events == ()
    state, _ = guards.resumed(state, equity_usd=7_000.0, is_peak_rebased=True)
    assert state.status == guards.ACTIVE
    state, _ = marked(state, 6_900.0)
    assert state.status == guards.ACTIVE


def test_halted_by_the_operator_resumes_without_rebasing() -> None:
    state, (event,) = guards.halted(START, code="operator", detail="by hand")
    assert event.code == "operator"
    state, _ = guards.resumed(state, equity_usd=10_000.0, is_peak_rebased=False)
    assert state.status == guards.ACTIVE


def test_apply_clear_passes_the_target() -> None:
    allowed = permit(50.0, 0.0)
    assert allowed.target_base == 50.0
    assert allowed.reasons == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quality": limits.QUALITY_FAIL}, "quality"),
        ({"quality": limits.QUALITY_UNKNOWN}, "quality"),
        ({"data_age_s": 7201.0}, "stale_data"),
        ({"model_age_hours": 49.0}, "model_age"),
        ({"sentiment": -0.71}, "sentiment_floor"),
        ({"price": math.nan}, "exposure"),
    ],
)
def test_apply_blocks_new_risk_and_names_the_gate(changes: dict, reason: str) -> None:
    blocked = permit(50.0, 0.0, **changes)
    assert blocked.target_base == 0.0
    assert reason in blocked.reasons


def test_apply_a_warning_passes() -> None:
    assert permit(50.0, 0.0, quality=limits.QUALITY_WARN).target_base == 50.0


def test_apply_blocked_still_lets_a_position_shrink() -> None:
    assert permit(2.0, 5.0, quality=limits.QUALITY_FAIL).target_base == 2.0
    assert permit(-5.0, 5.0, quality=limits.QUALITY_FAIL).target_base == 0.0


def test_apply_bad_sentiment_closes_longs_and_leaves_shorts() -> None:
    assert permit(5.0, 5.0, sentiment=-0.8).target_base == 0.0
    assert permit(-5.0, 0.0, sentiment=-0.8).target_base == -5.0


def test_apply_caps_exposure() -> None:
    capped = permit(150.0, 0.0)
    assert capped.target_base == 100.0
    assert capped.reasons == ("exposure",)


def test_apply_leaves_a_position_that_drifted_over_the_cap() -> None:
    assert permit(101.0, 101.0).target_base == 101.0


def test_apply_over_leverage_cuts_to_the_cap() -> None:
    state, _ = marked(START, 10_000.0, leverage=3.1)
    assert permit(310.0, 310.0, state).target_base == 100.0
    assert permit(-310.0, -310.0, state).target_base == -100.0


def test_apply_a_drawdown_halt_flattens() -> None:
    state, _ = marked(START, 7_000.0)
    assert permit(5.0, 5.0, state).target_base == 0.0
    assert permit(5.0, 5.0, state).reasons == ("risk_state",)


def test_apply_an_operator_halt_keeps_but_never_adds() -> None:
    state, _ = guards.halted(START, code="operator", detail="by hand")
    assert permit(9.0, 5.0, state).target_base == 5.0
    assert permit(1.0, 5.0, state).target_base == 1.0


STATES = [
    START,
    replace(START, status=guards.REDUCING, code="daily_loss"),
    replace(START, status=guards.REDUCING, code="leverage"),
    replace(START, status=guards.HALTED, code="drawdown"),
    replace(START, status=guards.HALTED, code="operator"),
]


@given(
    target=st.integers(-300, 300),
    position=st.integers(-300, 300),
    state=st.sampled_from(STATES),
    sentiment=st.sampled_from([math.nan, -0.9, 0.5]),
    quality=st.sampled_from([0, 1, 2, 3]),
    equity=st.sampled_from([math.nan, -10.0, 10_000.0]),
)
def test_apply_lets_reductions_pass_and_never_exceeds_the_target(
    target, position, state, sentiment, quality, equity
) -> None:
    allowed = permit(
        float(target),
        float(position),
        state,
        sentiment=sentiment,
        quality=quality,
        equity_usd=equity,
    ).target_base
    is_blocked = state.status != guards.ACTIVE or quality >= limits.QUALITY_FAIL
    if is_blocked:
        assert abs(allowed) <= abs(position)
    assert abs(allowed) <= max(abs(target), 0)
    assert allowed * target >= 0
    if target == 0:
        assert allowed == 0.0
