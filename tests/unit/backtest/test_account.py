"""Stops, gaps, skipped bars, small orders, liquidation."""

import math

import polars as pl
import pytest


def reasons(simulation) -> list[str]:
    return [trade.reason for trade in simulation.trades]


def test_a_bar_that_opens_beyond_the_stop_fills_at_its_open(world) -> None:
    rows = world.rows(
        [100.0, 100.0, 80.0, 80.0, 80.0],
        executions=[None, 100.0, 90.0, 80.0, 80.0],
        lows=[100.0, 100.0, 78.0, 80.0, 80.0],
        highs=[100.0, 100.0, 91.0, 80.0, 80.0],
    )
    simulation = world.run(rows, world.scripted({0: 10.0}, 5.0), world.hourly())
    stop = simulation.trades[1]
    assert (stop.reason, stop.price) == ("stop", 90.0)
    assert stop.mid_at_decision == 95.0
    assert stop.slippage_usd == pytest.approx(50.0)


def test_a_short_is_stopped_above_its_entry(world) -> None:
    rows = world.rows(
        [100.0, 100.0, 104.0, 104.0, 104.0],
        highs=[100.0, 100.0, 106.0, 104.0, 104.0],
    )
    simulation = world.run(rows, world.scripted({0: -10.0}, 5.0), world.hourly())
    assert (reasons(simulation)[1], simulation.trades[1].price) == ("stop", 105.0)


def test_a_stop_works_in_the_bar_of_its_entry(world) -> None:
    rows = world.rows([100.0, 99.0, 99.0, 99.0], lows=[100.0, 94.0, 99.0, 99.0])
    simulation = world.run(rows, world.scripted({0: 10.0}, 5.0), world.hourly())
    assert reasons(simulation) == ["enter", "stop"]


def test_an_exit_at_the_open_comes_before_the_stop(world) -> None:
    rows = world.rows(
        [100.0, 100.0, 90.0, 90.0, 90.0], lows=[100.0, 100.0, 85.0, 90.0, 90.0]
    )
    simulation = world.run(rows, world.scripted({0: 10.0, 1: 0.0}, 5.0), world.hourly())
    assert reasons(simulation) == ["enter", "exit"]
    assert simulation.trades[1].price == 100.0


def test_a_reduction_keeps_the_stop_where_it_was(world) -> None:
    rows = world.rows(
        [100.0, 103.0, 103.0, 94.0, 94.0, 94.0],
        lows=[100.0, 100.0, 103.0, 94.0, 94.0, 94.0],
    )
    simulation = world.run(rows, world.scripted({0: 10.0, 1: 4.0}, 5.0), world.hourly())
    assert reasons(simulation) == ["enter", "resize", "stop"]
    assert simulation.trades[2].price == 95.0
    assert simulation.trades[2].size_base == 4.0


def test_a_skipped_bar_is_counted_and_its_funding_charged(world) -> None:
    rows = world.rows(
        [100.0, 100.0, None, 100.0, 100.0],
        executions=[None, 100.0, None, 100.0, 100.0],
        funding_rate=0.001,
        funding_price=100.0,
    )
    simulation = world.run(rows, world.scripted({0: 10.0}), world.hourly())
    assert simulation.bars.skipped_bars == 1
    assert len(simulation.journal.equity_usd) == 4
    # Edges 1, 2 (skipped) and 3, one USD each.
    assert simulation.journal.funding_usd == pytest.approx([0.0, 1.0, 3.0, 3.0])


def test_an_entry_whose_price_comes_a_bar_late_is_dead(world) -> None:
    rows = world.rows(
        [100.0, 100.0, 100.0, 100.0],
        executions=[None, None, 100.0, 100.0],
    )
    simulation = world.run(
        rows, world.scripted({0: 10.0}), world.hourly(decide_every_bars="24")
    )
    assert simulation.trades == []


def test_a_reduction_waits_for_the_next_price(world) -> None:
    rows = world.rows(
        [100.0, 100.0, None, 90.0, 90.0, 90.0],
        executions=[None, 100.0, None, 90.0, 90.0, 90.0],
    )
    simulation = world.run(rows, world.scripted({0: 10.0, 1: -10.0}), world.hourly())
    # Only the reducing half of the flip is left when the price is late.
    assert [trade.position_after_base for trade in simulation.trades] == [10.0, 0.0]
    assert simulation.trades[1].price == 90.0


def test_an_order_under_the_minimum_is_not_sent(world) -> None:
    rows = world.rows([100.0] * 6)
    simulation = world.run(rows, world.scripted({0: 0.09}), world.hourly())
    assert simulation.trades == []


def test_closing_a_whole_position_under_the_minimum_is_sent(world) -> None:
    closes = [100.0, 100.0, 50.0, 50.0, 50.0]
    simulation = world.run(
        world.rows(closes), world.scripted({0: 0.1, 2: 0.0}), world.hourly()
    )
    assert reasons(simulation) == ["enter", "exit"]


def test_a_short_that_loses_its_margin_is_liquidated(world) -> None:
    closes = [100.0, 100.0, 199.0, 199.0, 199.0, 199.0]
    parameters = world.hourly(risk_max_drawdown="2", risk_daily_loss="2")
    simulation = world.run(
        world.rows(closes), world.scripted({0: -100.0, 3: 50.0}), parameters
    )
    assert reasons(simulation) == ["enter", "halt"]
    # 10000 less 99 USD on each of 100 units.
    assert simulation.journal.equity_usd[-1] == pytest.approx(100.0)
    assert simulation.journal.is_halted == [False, False, True, True, True, True]


def test_liquidation_looks_at_the_mark_price(world) -> None:
    closes = [100.0, 100.0, 100.0, 100.0, 100.0]
    rows = world.rows(closes, mark_price=[None, None, 200.0, None, None])
    parameters = world.hourly(risk_max_drawdown="2", risk_daily_loss="2")
    simulation = world.run(rows, world.scripted({0: -100.0}), parameters)
    assert reasons(simulation)[1] == "halt"
    assert simulation.trades[1].price == 200.0


def test_a_drawdown_halts_flattens_and_stays(world) -> None:
    closes = [100.0, 100.0, 75.0, 75.0, 120.0, 150.0, 150.0]
    parameters = world.hourly(risk_daily_loss="0.9")
    simulation = world.run(
        world.rows(closes), world.scripted({0: 100.0, 4: 50.0}), parameters
    )
    assert reasons(simulation) == ["enter", "halt"]
    assert simulation.trades[1].price == 75.0
    assert simulation.journal.is_halted == [False, False, *[True] * 5]
    (event,) = simulation.journal.transitions
    assert event[1].code == "drawdown"


def test_a_lost_day_blocks_new_risk_until_midnight(world) -> None:
    closes = [100.0, 100.0, 94.0, *[94.0] * 25]
    plan = {0: 100.0, 2: 0.0, 5: 50.0, 24: 50.0}
    simulation = world.run(world.rows(closes), world.scripted(plan), world.hourly())
    hour_us = 3_600_000_000
    entered = [
        (trade.decided_us - simulation.bars.closed_us[0]) // hour_us
        for trade in simulation.trades
        if trade.reason == "enter"
    ]
    assert entered == [0, 24]


def test_failed_quality_blocks_the_entry_and_says_so(world) -> None:
    rows = world.rows([100.0] * 5, quality_verdict=["FAIL", *["PASS"] * 4])
    simulation = world.run(rows, world.scripted({0: 10.0, 1: 10.0}), world.hourly())
    first, second = simulation.journal.decisions[:2]
    assert (first.wanted_base, first.permitted_base) == (10.0, 0.0)
    assert "quality" in [gate.name for gate in first.gates if not gate.passed]
    assert second.permitted_base == 10.0


def test_bad_sentiment_closes_a_long_between_decisions(world) -> None:
    rows = world.rows([100.0] * 6, sentiment=[0.0, 0.0, -0.9, 0.0, 0.0, 0.0])
    simulation = world.run(
        rows, world.scripted({0: 10.0}), world.hourly(decide_every_bars="24")
    )
    assert reasons(simulation) == ["enter", "exit"]


def test_an_unknown_stop_distance_places_no_stop(world) -> None:
    rows = world.rows([100.0, 100.0, 96.0, 96.0], lows=[100.0, 100.0, 81.0, 96.0])
    simulation = world.run(rows, world.scripted({0: 10.0}, math.nan), world.hourly())
    assert reasons(simulation) == ["enter", "end"]


def at_the_edge(rows):
    # Candles as long as bars: the first price late enough is the bar's own close.
    return rows.with_columns(
        pl.col("bar_closed_at").alias("execution_at"),
        pl.col("final_close").alias("execution_price"),
    )


def test_a_low_before_a_fill_at_the_edge_does_not_stop_it(world) -> None:
    rows = world.rows(
        [100.0, 100.0, 100.0, 100.0],
        lows=[100.0, 90.0, 100.0, 100.0],
        opens=[100.0] * 4,
    )
    simulation = world.run(
        at_the_edge(rows), world.scripted({0: 10.0}, 5.0), world.hourly()
    )
    assert reasons(simulation) == ["enter", "end"]


def test_funding_comes_before_a_fill_at_the_same_edge(world) -> None:
    rows = world.rows(
        [100.0] * 5, opens=[100.0] * 5, funding_rate=0.001, funding_price=100.0
    )
    simulation = world.run(
        at_the_edge(rows), world.scripted({0: 10.0, 2: 0.0}), world.hourly()
    )
    # Bought at edge 1 and sold at edge 3: edges 2 and 3 are paid, one USD each.
    assert simulation.journal.funding_usd == pytest.approx([0.0, 0.0, 1.0, 2.0, 2.0])


def test_a_stop_at_the_edge_comes_before_the_exit_it_saves(world) -> None:
    rows = world.rows(
        [100.0, 100.0, 90.0, 90.0],
        lows=[100.0, 100.0, 85.0, 90.0],
        opens=[100.0, 100.0, 98.0, 90.0],
    )
    simulation = world.run(
        at_the_edge(rows), world.scripted({0: 10.0, 1: 0.0}, 5.0), world.hourly()
    )
    assert reasons(simulation) == ["enter", "stop"]
    # It was reached inside the bar, so neither the open nor the close is its price.
    assert simulation.trades[1].price == 95.0


@pytest.mark.parametrize(("size", "gap"), [(10.0, 90.0), (-10.0, 110.0)])
def test_a_gap_that_closes_again_still_fills_at_the_open(world, size, gap) -> None:
    closes = [100.0, 100.0, 100.0, 100.0]
    rows = world.rows(
        closes,
        lows=[100.0, 100.0, min(gap, 100.0), 100.0],
        highs=[100.0, 100.0, max(gap, 100.0), 100.0],
        opens=[100.0, 100.0, gap, 100.0],
    )
    simulation = world.run(
        at_the_edge(rows), world.scripted({0: size}, 5.0), world.hourly()
    )
    stop = simulation.trades[1]
    assert (stop.reason, stop.price) == ("stop", gap)
    assert stop.slippage_usd == pytest.approx(50.0)


def test_a_gap_before_the_first_quote_fills_a_carried_stop_at_the_open(world) -> None:
    rows = world.rows(
        [100.0, 100.0, 100.0, 100.0],
        executions=[None, 100.0, 97.0, 100.0],
        opens=[100.0, 100.0, 90.0, 100.0],
        lows=[100.0, 100.0, 90.0, 100.0],
    )
    simulation = world.run(rows, world.scripted({0: 10.0}, 5.0), world.hourly())
    assert simulation.trades[1].price == 90.0


def test_an_open_before_the_entry_is_no_gap_through_its_stop(world) -> None:
    rows = world.rows(
        [100.0, 99.0, 99.0, 99.0],
        executions=[None, 100.0, 99.0, 99.0],
        opens=[100.0, 80.0, 99.0, 99.0],
        lows=[100.0, 80.0, 99.0, 99.0],
    )
    simulation = world.run(rows, world.scripted({0: 10.0}, 5.0), world.hourly())
    assert (reasons(simulation)[1], simulation.trades[1].price) == ("stop", 95.0)
