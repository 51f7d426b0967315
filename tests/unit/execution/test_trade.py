"""One cycle after another: decide once per bar, protect, stop, halt."""

import asyncio
import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.unit.exchange.worlds import (
    ACCOUNT,
    MarketView,
    coin_market,
    levels,
    settlement,
)
from tests.unit.execution.desk import BAR, disagreements, make_desk

from solalpha.errors import DataError, LimitBreach
from solalpha.execution.account_lock import account_lock

DAY = timedelta(days=1)


@pytest.fixture
def desk(fast_dir):
    made = make_desk(fast_dir)
    yield made
    made.close()


def orders(desk, columns="leg, attempt, side, size_base, state"):
    found = desk.rows(f"select {columns} from orders order by intended_at, rowid")
    return [tuple(row.values()) for row in found]


def test_entry_is_filled_and_a_stop_stands_behind_it(desk):
    result = desk.cycle(5)
    assert (result.state, result.orders_placed, result.fills) == ("traded", 2, 1)
    assert orders(desk) == [
        ("entry", 0, "buy", 5, "filled"),
        ("stop", 0, "sell", 5, "resting"),
    ]
    # 5 at 150.01: 6 USD under the entry is 144.01; a tenth beyond it 129.609.
    prices = orders(desk, "limit_price, trigger_price, is_reduce_only")
    assert prices == [
        (Decimal("150.75"), None, False),
        (Decimal("129.61"), Decimal("144.01"), True),
    ]
    # Equity: 10,000 - 5 * 0.01 of spread - fee 0.337522 (750.05 at 4.5 bp, cut).
    assert result.equity == Decimal("9999.612478")
    assert disagreements(desk.paths) == []


def test_second_run_of_a_bar_places_nothing_and_says_so(desk):
    first = desk.cycle(5)
    second = desk.cycle(-5, model_id="another-model")
    assert second.state == "already_decided"
    assert (second.orders_placed, second.fills) == (0, 0)
    assert second.decision_id == first.decision_id
    assert second.position == 5


def test_flip_closes_first_and_enters_after(desk):
    desk.cycle(5)
    desk.advance(BAR + DAY, "152")
    result = desk.cycle(-3, bar=BAR + DAY)
    assert result.position == -3
    assert orders(desk)[2:] == [
        ("exit", 0, "sell", 5, "filled"),
        ("entry", 0, "sell", 3, "filled"),
        ("stop", 0, "buy", 3, "resting"),
    ]
    assert disagreements(desk.paths) == []


def test_reduction_keeps_the_stop_price_and_fits_its_size(desk):
    desk.cycle(5)
    desk.advance(BAR + DAY, "152")
    desk.cycle(2, bar=BAR + DAY, stop=1.0)
    (stop,) = asyncio.run(desk.world.info("frontendOpenOrders", user=ACCOUNT))
    assert (stop["sz"], stop["triggerPx"]) == ("2.0", "144.01")
    assert disagreements(desk.paths) == []


def test_enlargement_replaces_the_stop_from_the_mean_entry(desk):
    desk.cycle(2)
    desk.advance(BAR + DAY, "152")
    desk.cycle(4, bar=BAR + DAY, stop=5.0)
    (stop,) = asyncio.run(desk.world.info("frontendOpenOrders", user=ACCOUNT))
    # Entries at 150.01 and 152.01: mean 151.01, less 5.
    assert (stop["sz"], stop["triggerPx"]) == ("4.0", "146.01")
    assert disagreements(desk.paths) == []


def test_policy_without_a_stop_places_none(desk):
    result = desk.cycle(5, stop=math.nan)
    assert result.orders_placed == 1


def test_stop_that_fired_between_cycles_is_booked(desk):
    desk.cycle(5)
    desk.advance(BAR + timedelta(hours=1), "143")
    result = desk.cycle(0, bar=BAR + DAY)
    assert (result.position, result.fills, result.orders_placed) == (0, 1, 0)
    assert orders(desk)[-1] == ("stop", 0, "sell", 5, "filled")
    assert disagreements(desk.paths) == []


def test_stop_that_cannot_be_placed_closes_the_position(desk):
    # The mark has fallen behind the stop already: the venue refuses it.
    market = coin_market("140", levels(("149.99", "99")), levels(("150.01", "99")))
    view = MarketView(at=BAR + timedelta(minutes=5), coins=(market,), settlements=())
    desk.world.exchange.advance(view)
    result = desk.cycle(5)
    assert result.position == 0
    assert [row[0] for row in orders(desk)] == ["entry", "stop", "unprotected"]
    events = desk.rows("select code from risk_events")
    assert [row["code"] for row in events] == ["stop_missing"]
    assert disagreements(desk.paths) == []


def test_bar_between_decisions_decides_nothing(desk):
    result = desk.cycle(5, bar=BAR + timedelta(hours=1))
    assert (result.state, result.decision_id) == ("no_decision", None)


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"quality_verdict": "FAIL"}, "quality"),
        ({"quality_verdict": None}, "quality"),
        ({"model_age_hours": 49.0}, "model_age"),
        ({"model_age_hours": math.nan}, "model_age"),
        ({"sentiment": -0.71}, "sentiment_floor"),
        ({"after_s": 7201.0}, "stale_data"),
    ],
)
def test_gate_that_fails_opens_nothing_and_is_named(desk, changes, gate):
    result = desk.cycle(5, **changes)
    assert (result.state, result.orders_placed) == ("held", 0)
    assert gate in result.skipped_reason
    recorded = desk.rows("select gates from decisions")[0]["gates"]
    assert f'"gate":"{gate}","passed":false' in recorded


def test_failed_quality_still_lets_a_position_be_closed(desk):
    desk.cycle(5)
    desk.advance(BAR + DAY, "150")
    result = desk.cycle(0, bar=BAR + DAY, quality_verdict="FAIL")
    assert result.position == 0


def test_drawdown_halts_flattens_and_stays_halted(desk):
    desk.cycle(60, stop=60.0)
    desk.advance(BAR + timedelta(hours=1), "115")
    result = desk.cycle(60, bar=BAR + DAY, close=115.0)
    assert (result.risk_state, result.position) == ("HALTED", 0)
    desk.advance(BAR + 2 * DAY, "115")
    again = desk.cycle(5, bar=BAR + 2 * DAY, close=115.0)
    assert (again.risk_state, again.orders_placed) == ("HALTED", 0)
    assert disagreements(desk.paths) == []


def test_order_below_the_venues_minimum_is_not_sent(desk):
    assert desk.cycle(0.06).orders_placed == 0


def test_entry_beyond_the_exposure_limit_is_capped(desk):
    # 10,000 USD at a price of 150 and an exposure of 1: 66.66 base units.
    assert desk.cycle(1000).position == Decimal("66.66")


def test_thin_book_fills_in_part_and_is_not_chased(desk):
    market = coin_market(
        "150", levels(("149.99", "99")), levels(("150.01", "2"), ("160", "99"))
    )
    view = MarketView(at=BAR + timedelta(minutes=5), coins=(market,), settlements=())
    desk.world.exchange.advance(view)
    result = desk.cycle(5)
    assert result.position == 2
    assert orders(desk) == [
        ("entry", 0, "buy", 5, "cancelled"),
        ("stop", 0, "sell", 2, "resting"),
    ]
    assert desk.cycle(5).orders_placed == 0
    assert disagreements(desk.paths) == []


def test_exit_from_a_thin_book_tries_again_with_a_wider_bound(desk):
    desk.cycle(5)
    # Bids 0.6 % and 1.2 % under the mid: beyond one bound of 50 bp, then two.
    market = coin_market(
        "150", levels(("149.1", "2"), ("148.2", "99")), levels(("150.9", "99"))
    )
    view = MarketView(at=BAR + DAY, coins=(market,), settlements=())
    desk.world.exchange.advance(view)
    result = desk.cycle(0, bar=BAR + DAY)
    assert result.position == 0
    assert [row[:2] for row in orders(desk)[2:]] == [
        ("exit", 0),
        ("exit", 1),
        ("exit", 2),
    ]
    assert disagreements(desk.paths) == []


def test_funding_of_the_account_is_booked_once_and_marked(desk):
    desk.cycle(5)
    hour = BAR + timedelta(hours=1)
    desk.advance(hour, "150", settlement(hour, "0.0001", "150"))
    desk.cycle(5, bar=BAR + DAY)
    desk.cycle(5, bar=BAR + DAY)
    marks = desk.rows("select funding_paid_usd from equity order by marked_at")
    assert [row["funding_paid_usd"] for row in marks] == [
        0,
        Decimal("0.075"),
        Decimal("0.075"),
    ]


def test_second_process_is_refused_with_one_line(desk):
    with (
        account_lock(desk.paths, "paper", ACCOUNT),
        pytest.raises(LimitBreach, match="another process") as caught,
    ):
        desk.cycle(5)
    assert "\n" not in str(caught.value)
    assert desk.cycle(5).state == "traded"


def test_bar_from_the_future_is_refused(desk):
    with pytest.raises(DataError, match="expected a closed bar"):
        desk.cycle(5, after_s=-1.0)


def test_decision_left_open_by_an_older_bar_is_abandoned(desk):
    class StopError(Exception):
        pass

    def checkpoint(name):
        if name == "after_decision":
            raise StopError

    with pytest.raises(StopError):
        desk.cycle(5, checkpoint=checkpoint)
    desk.advance(BAR + DAY, "150")
    result = desk.cycle(-2, bar=BAR + DAY)
    assert result.position == -2
    states = desk.rows("select state from decisions order by bar_closed_at")
    assert [row["state"] for row in states] == ["abandoned", "done"]


def test_decision_finished_after_the_data_went_stale_opens_nothing(desk):
    class StopError(Exception):
        pass

    def checkpoint(name):
        if name == "after_decision":
            raise StopError

    with pytest.raises(StopError):
        desk.cycle(5, checkpoint=checkpoint)
    result = desk.cycle(5, after_s=7201.0)
    assert (result.position, result.orders_placed) == (0, 0)


def test_result_prints_as_plain_numbers(desk):
    result = desk.cycle(5)
    assert result.as_dict()["position"] == 5.0
    assert replace(result, position=Decimal(1)).as_dict()["position"] == 1.0
