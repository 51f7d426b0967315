"""What no backtest may do: look ahead, lose a cent, forget a cost."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solalpha.strategy.decision import PolicyDecision, reason_of
from solalpha.strategy.registry import POLICIES

PRICES = st.one_of(st.none(), st.floats(50.0, 200.0))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    bars=st.lists(
        st.tuples(
            st.floats(60.0, 180.0),
            PRICES,
            st.booleans(),
            st.integers(-30, 30),
            st.floats(-0.001, 0.001),
        ),
        min_size=4,
        max_size=24,
    ),
    distance=st.one_of(st.just(math.nan), st.floats(1.0, 30.0)),
)
def test_accounting_identity_holds_to_a_millionth(world, bars, distance) -> None:
    closes = [100.0, *(None if gap else price for price, _, gap, _, _ in bars), 100.0]
    executions = [100.0, *(None if b[2] else b[1] for b in bars), 100.0]
    rates = [0.0, *(b[4] for b in bars), 0.0]
    rows = world.rows(
        closes, executions=executions, funding_price=100.0, spread_bps=4.0
    ).with_columns(funding_rate=np.asarray(rates))
    plan = {hour: float(b[3]) for hour, b in enumerate(bars, start=1)}
    parameters = world.hourly(
        taker_fee_rate="0.0005",
        slippage_bps="3",
        risk_max_exposure="10",
        risk_max_leverage="100",
        risk_daily_loss="0.99",
        risk_max_drawdown="0.99",
    )
    simulation = world.run(rows, world.scripted(plan, distance), parameters)
    journal, closed = simulation.journal, simulation.bars.closed_us
    price = simulation.bars.close
    held = np.asarray(journal.position_base[:-1]) @ np.diff(price)
    traded = 0.0
    for trade in simulation.trades:
        change = trade.size_base if trade.side == "buy" else -trade.size_base
        bar = int(np.searchsorted(closed, trade.filled_us))
        traded += change * (price[bar] - trade.mid_at_decision)
    costs = journal.fees_usd[-1] + journal.slippage_usd[-1] + journal.funding_usd[-1]
    gained = journal.equity_usd[-1] - journal.equity_usd[0]
    assert gained == pytest.approx(held + traded - costs, abs=1e-6)
    for index, equity in enumerate(journal.equity_usd):
        value = journal.cash_usd[index] + journal.position_base[index] * price[index]
        assert equity == value


def test_an_oracle_of_the_next_close_still_fills_at_execution_prices(world) -> None:
    generator = np.random.default_rng(3)
    closes = (100.0 + np.cumsum(generator.normal(0, 1, 80))).tolist()
    executions = (np.asarray([100.0, *closes[:-1]]) + 0.25).tolist()
    rows = world.rows(closes, executions=executions)

    def oracle(inputs, parameters):
        del parameters
        hour = round((inputs.bar_closed_at - world.start) / timedelta(hours=1))
        target = 10.0 if closes[hour + 1] > inputs.close else -10.0
        return PolicyDecision(
            target_base=target,
            stop_distance_usd=math.nan,
            reason=reason_of(inputs.position_base, target),
            gates=(),
        )

    simulation = world.run(rows, oracle, world.hourly())
    assert len(simulation.trades) > 20
    hour_us = 3_600_000_000
    start_us = simulation.bars.closed_us[0]
    for trade in simulation.trades:
        decided = (trade.decided_us - start_us) // hour_us
        assert trade.filled_us > trade.decided_us
        assert trade.price == executions[decided + 1]
        assert trade.price != trade.mid_at_decision


def test_a_policy_sees_nothing_of_the_bars_to_come(world) -> None:
    generator = np.random.default_rng(4)
    closes = (100.0 + np.cumsum(generator.normal(0, 1, 40))).tolist()
    seen: list[list[object]] = []

    def watching(rows):
        inputs_seen = []

        def policy(inputs, parameters):
            inputs_seen.append(inputs)
            return POLICIES["probe"](inputs, parameters)

        world.run(rows, policy, world.hourly())
        seen.append(inputs_seen)

    watching(world.rows(closes))
    watching(world.rows([*closes[:25], *(price * 1.5 for price in closes[25:])]))
    assert seen[0][:25] == seen[1][:25]
    assert seen[0][25:] != seen[1][25:]


def test_a_martingale_without_costs_earns_nothing_on_average(world) -> None:
    parameters = world.hourly()

    def momentum(inputs, _):
        target = 20.0 if inputs.close > inputs.ema_fast else -20.0
        return PolicyDecision(
            target_base=target,
            stop_distance_usd=3.0,
            reason=reason_of(inputs.position_base, target),
            gates=(),
        )

    gains = []
    for seed in range(24):
        generator = np.random.default_rng(seed)
        closes = (100.0 + np.cumsum(generator.choice([-0.5, 0.5], 250))).tolist()
        means = [float(np.mean(closes[max(0, i - 9) : i + 1])) for i in range(250)]
        rows = world.rows(closes, ema_50=means)
        journal = world.run(rows, momentum, parameters).journal
        gains.append(journal.equity_usd[-1] - 10_000.0)
    error = np.std(gains, ddof=1) / math.sqrt(len(gains))
    assert error > 10.0
    assert abs(np.mean(gains)) < 3.0 * error


@pytest.mark.parametrize("name", ["taker_fee_rate", "slippage_bps"])
def test_double_costs_lower_the_result(world, name: str) -> None:
    generator = np.random.default_rng(5)
    rows = world.rows((100.0 + np.cumsum(generator.normal(0, 1, 60))).tolist())
    plan = {hour: 10.0 * (-1) ** hour for hour in range(0, 60, 3)}
    costs = {"taker_fee_rate": "0.0005", "slippage_bps": "4"}
    doubled = {**costs, name: str(2 * float(costs[name]))}
    single = world.run(rows, world.scripted(plan), world.hourly(**costs))
    double = world.run(rows, world.scripted(plan), world.hourly(**doubled))
    assert double.journal.equity_usd[-1] < single.journal.equity_usd[-1] - 1.0


def test_same_inputs_give_the_same_bits(world) -> None:
    generator = np.random.default_rng(6)
    rows = world.rows((100.0 + np.cumsum(generator.normal(0, 1, 200))).tolist())
    runs = [
        world.run(rows, POLICIES["probe"], world.hourly(slippage_bps="2"))
        for _ in range(2)
    ]
    assert runs[0].trades == runs[1].trades
    assert runs[0].journal.equity_usd == runs[1].journal.equity_usd
    assert len(runs[0].trades) > 50


def test_decisions_fall_on_midnight_when_every_24_bars(world) -> None:
    parameters = world.hourly(decide_every_bars="24")
    simulation = world.run(world.rows([100.0] * 60), POLICIES["probe"], parameters)
    assert [record.bar_closed_at.hour for record in simulation.journal.decisions] == [
        0,
        0,
        0,
    ]
