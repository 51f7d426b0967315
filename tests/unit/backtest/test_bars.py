import math

import polars as pl
import pytest

from solalpha.backtest.bars import bars_from_rows, last_decision_index
from solalpha.errors import DataError
from solalpha.risk.limits import QUALITY_UNKNOWN


def test_bars_count_missing_funding_and_charge_none(world) -> None:
    rows = world.rows([100.0] * 4, funding_price=100.0).with_columns(
        funding_rate=pl.Series([None, 0.001, None, 0.001])
    )
    bars = bars_from_rows(rows, world.hourly())
    # The first row has nothing to pay for.
    assert bars.missing_funding == 1
    assert bars.funding_rate == [0.0, 0.001, 0.0, 0.001]


def test_bars_owe_nothing_where_nothing_is_due(world) -> None:
    rows = world.rows([100.0] * 4, funding_rate=None, count_funding_due=[0, 0, 0, 0])
    assert bars_from_rows(rows, world.hourly()).missing_funding == 0


def test_bars_with_an_unknown_due_count_miss_their_funding(world) -> None:
    rows = world.rows(
        [100.0] * 3, funding_rate=None, count_funding_due=[None, None, None]
    )
    assert bars_from_rows(rows, world.hourly()).missing_funding == 2


def test_bars_charge_funding_on_the_close_without_another_price(world) -> None:
    rows = world.rows([100.0, 110.0, 120.0], funding_rate=0.001)
    assert bars_from_rows(rows, world.hourly()).funding_price[1:] == [110.0, 120.0]


def test_bars_turn_unknown_into_nan_and_codes(world) -> None:
    rows = world.rows(
        [100.0, 100.0],
        spread_bps=None,
        regime=[None, -1],
        quality_verdict=[None, "WARN"],
        sentiment=[None, 0.5],
    )
    bars = bars_from_rows(rows, world.hourly(default_spread_bps="7"))
    assert bars.spread_bps == [7.0, 7.0]
    assert bars.regime == [0, -1]
    assert bars.quality[0] == QUALITY_UNKNOWN
    assert math.isnan(bars.sentiment[0])
    assert math.isnan(bars.execution[0])
    assert bars.age_s == [30.0, 30.0]


def test_bars_are_put_in_time_order(world) -> None:
    rows = world.rows([100.0, 101.0, 102.0]).reverse()
    bars = bars_from_rows(rows, world.hourly())
    assert bars.close == [100.0, 101.0, 102.0]
    assert bars.closed_at(0) == world.start


def test_bars_of_one_price_are_refused(world) -> None:
    with pytest.raises(DataError, match="at least 2"):
        bars_from_rows(world.rows([100.0, None]), world.hourly())


def test_bars_of_two_coins_are_refused(world) -> None:
    rows = world.rows([100.0, 100.0], coin=["BTC", "SOL"])
    with pytest.raises(DataError, match="BTC"):
        bars_from_rows(rows, world.hourly())


def test_last_decision_is_before_the_last_bar_that_can_execute(world) -> None:
    rows = world.rows([100.0] * 4, executions=[100.0, 100.0, 100.0, None])
    assert last_decision_index(bars_from_rows(rows, world.hourly())) == 1
    rows = world.rows([100.0] * 4, executions=[100.0, None, None, None])
    assert last_decision_index(bars_from_rows(rows, world.hourly())) == -1
