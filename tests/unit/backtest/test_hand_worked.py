"""Six hourly bars by hand: entry, funding, a stop, a short, the end."""

import pytest

from solalpha.backtest.bars import bars_from_rows
from solalpha.backtest.holds import buy_and_hold, volatility_hold

CLOSES = [100.0, 102.0, 99.0, 96.0, 95.0, 97.0]
EXECUTIONS = [100.0, 101.0, 102.0, 97.0, 94.0, 96.0]
HIGHS = [101.0, 103.0, 102.0, 98.0, 95.0, 97.0]
LOWS = [99.0, 100.0, 98.0, 95.0, 93.0, 95.0]


@pytest.fixture
def rows(world):
    return world.rows(
        CLOSES,
        executions=EXECUTIONS,
        highs=HIGHS,
        lows=LOWS,
        funding_rate=0.0001,
        funding_price=100.0,
        spread_bps=10.0,
    )


@pytest.fixture
def parameters(world):
    # Half of 10 bps spread and 5 bps slippage: every fill is 0.1 % off its mid.
    return world.hourly(taker_fee_rate="0.001", slippage_bps="5")


@pytest.fixture
def simulation(world, rows, parameters):
    return world.run(rows, world.scripted({0: 10.0, 3: -5.0}, 5.0), parameters)


def test_fills_are_at_the_next_execution_price_and_its_costs(simulation) -> None:
    prices = [trade.price for trade in simulation.trades]
    # The stop stands at the entry less 5, at 96.101.
    assert prices == pytest.approx([101.101, 96.101 * 0.999, 93.906, 96.096])
    assert [trade.reason for trade in simulation.trades] == [
        "enter",
        "stop",
        "enter",
        "end",
    ]
    assert [trade.side for trade in simulation.trades] == ["buy", "sell", "sell", "buy"]


def test_realised_profit_of_the_stop_is_against_the_entry(simulation) -> None:
    assert simulation.trades[1].realised_usd == pytest.approx(-50.96101)


def test_slippage_is_against_the_mid_at_decision(simulation) -> None:
    slippage = [trade.slippage_usd for trade in simulation.trades]
    assert slippage == pytest.approx([11.01, 0.96101, 10.47, 5.48])


def test_equity_at_each_close(simulation) -> None:
    assert simulation.journal.equity_usd == pytest.approx(
        [
            10_000.0,
            10_007.87899,
            9_977.77899,
            9_946.86793101,
            9_940.97840101,
            9_935.01792101,
        ]
    )


def test_costs_add_up(simulation) -> None:
    journal = simulation.journal
    assert journal.fees_usd[-1] == pytest.approx(2.92106899)
    # Two hours long pay 0.1 each, one hour short receives 0.05.
    assert journal.funding_usd == pytest.approx([0.0, 0.1, 0.2, 0.2, 0.15, 0.15])


def test_decision_and_fill_times(simulation, world) -> None:
    first = simulation.trades[0]
    start_us = int(world.start.timestamp()) * 1_000_000
    # Decided half a minute after the close, filled a second later.
    assert first.decided_us == start_us + 30_000_000
    assert first.filled_us == start_us + 31_000_000


def test_buy_and_hold_pays_its_own_costs(rows, parameters) -> None:
    equity = buy_and_hold(bars_from_rows(rows, parameters), parameters)
    # 100 units at 101.101 and a fee of 10.1101; funding of 1 an hour four times.
    assert equity[1] == pytest.approx(10_000 - 10_110.1 - 10.1101 - 1 + 10_200)
    assert equity[-1] == pytest.approx(9_456.5995)


def test_volatility_hold_sizes_on_the_first_decision(rows, parameters) -> None:
    equity = volatility_hold(bars_from_rows(rows, parameters), parameters)
    # 0.3 / (0.04 * sqrt(365)) of 10000 at 100 is 39.25 units.
    bought = 39.25 * 101.101
    assert equity[1] == pytest.approx(
        10_000 - bought * 1.001 - 39.25 * 100 * 0.0001 + 39.25 * 102
    )
