"""Time: funding by the hour, stops on mark, resting fills, liquidation."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.unit.exchange.worlds import (
    ACCOUNT,
    PARAMETERS,
    START,
    MarketView,
    coin_market,
    levels,
    make_world,
    settlement,
    view,
)

from solalpha.clock import to_ms
from solalpha.errors import DataError
from solalpha.exchange.store import open_store

HOUR = START.replace(hour=1, minute=0, second=0)
CLOID = "0x" + "cd" * 16


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture
def worlds(fast_dir):
    made = []

    def make(mark="150", parameters=PARAMETERS):
        path = fast_dir / f"{len(made)}.sqlite"
        made.append(make_world(path, view(START, mark), parameters=parameters))
        return made[-1]

    yield make
    for world in made:
        world.store.close()
        run(world.client.aclose())


def trade(world, size, *, is_buy=True, **fields):
    price = "160" if is_buy else "140"
    return run(world.order(is_buy=is_buy, price=price, size=size, **fields))


def value(world):
    state = run(world.info("clearinghouseState", user=ACCOUNT))
    return Decimal(state["marginSummary"]["accountValue"])


def status(world):
    found = run(world.info("orderStatus", user=ACCOUNT, oid=CLOID))
    return found["order"]["status"]


@pytest.mark.parametrize(("is_buy", "usd"), [(True, "-0.1815"), (False, "0.1815")])
def test_funding_is_oracle_times_rate_times_position(worlds, is_buy, usd):
    # 10 base units at an oracle price of 145.2 and a rate of 0.000125.
    world = worlds()
    trade(world, "10", is_buy=is_buy)
    before = value(world)
    world.exchange.advance(view(HOUR, "150", settlement(HOUR, "0.000125", "145.2")))
    (paid,) = run(world.info("userFunding", user=ACCOUNT, startTime=0))
    assert paid["delta"]["usdc"] == usd
    assert paid["time"] == to_ms(HOUR)
    assert value(world) - before == Decimal(usd)


def test_funding_of_an_hour_is_charged_once(worlds):
    world = worlds()
    trade(world, "10")
    charge = settlement(HOUR, "0.0001", "150")
    for minutes in (0, 5, 10):
        at = HOUR + timedelta(minutes=minutes)
        world.exchange.advance(view(at, "150", charge))
    assert len(run(world.info("userFunding", user=ACCOUNT, startTime=0))) == 1


def test_position_opened_after_the_hour_pays_nothing_for_it(worlds):
    world = worlds()
    charge = settlement(HOUR, "0.0001", "150")
    world.exchange.advance(view(HOUR + timedelta(minutes=1), "150", charge))
    trade(world, "10")
    world.exchange.advance(view(HOUR + timedelta(minutes=2), "150", charge))
    assert world.exchange.funding_charges(ACCOUNT) == []


@pytest.mark.parametrize(
    ("rate", "oracle"), [(None, "150"), ("0.0001", None)], ids=["rate", "oracle"]
)
def test_unknown_funding_is_recorded_as_unknown_and_not_as_zero(worlds, rate, oracle):
    world = worlds()
    trade(world, "10")
    before = value(world)
    world.exchange.advance(view(HOUR, "150", settlement(HOUR, rate, oracle)))
    (charge,) = world.exchange.funding_charges(ACCOUNT)
    assert charge.usd is None
    assert value(world) == before
    assert run(world.info("userFunding", user=ACCOUNT, startTime=0)) == []


def test_unknown_funding_is_charged_when_it_becomes_known(worlds):
    world = worlds()
    trade(world, "10")
    world.exchange.advance(view(HOUR, "150"))
    trade(world, "4", is_buy=False)
    late = settlement(HOUR, "0.0001", "150")
    world.exchange.advance(view(HOUR + timedelta(minutes=5), "150", late))
    # On the 10 that were held at the hour, not on the 6 that are left.
    (paid,) = run(world.info("userFunding", user=ACCOUNT, startTime=0))
    assert paid["delta"]["usdc"] == "-0.15"


def test_each_hour_of_a_longer_step_is_charged(worlds):
    world = worlds()
    trade(world, "10")
    hours = [HOUR + timedelta(hours=n) for n in range(3)]
    known = [settlement(at, "0.0001", "150") for at in (hours[0], hours[2])]
    world.exchange.advance(view(hours[2], "150", *known))
    charges = world.exchange.funding_charges(ACCOUNT)
    assert [charge.usd for charge in charges] == [
        Decimal("-0.15"),
        None,
        Decimal("-0.15"),
    ]


def test_stop_of_a_long_fires_when_the_mark_reaches_it(worlds):
    world = worlds()
    trade(world, "10")
    run(
        world.order(
            is_buy=False,
            price="130",
            size="10",
            trigger="145",
            reduce_only=True,
            cloid=CLOID,
        )
    )
    world.exchange.advance(view(START + timedelta(minutes=1), "145.01"))
    assert status(world) == "open"
    world.exchange.advance(view(START + timedelta(minutes=2), "145"))
    assert status(world) == "filled"
    assert run(world.info("userFills", user=ACCOUNT))[0]["px"] == "144.99"


def test_stop_of_a_short_fires_above(worlds):
    world = worlds()
    trade(world, "10", is_buy=False)
    run(
        world.order(
            is_buy=True,
            price="170",
            size="10",
            trigger="155",
            reduce_only=True,
            cloid=CLOID,
        )
    )
    world.exchange.advance(view(START + timedelta(minutes=1), "156"))
    assert status(world) == "filled"


def test_stop_without_liquidity_within_its_tolerance_is_refused(worlds):
    world = worlds()
    trade(world, "10")
    run(
        world.order(
            is_buy=False,
            price="130",
            size="10",
            trigger="145",
            reduce_only=True,
            cloid=CLOID,
        )
    )
    # Ten percent under the mark of 144 is 129.6; the best bid lies beyond.
    far = coin_market("144", levels(("129", "100")), levels(("144.1", "100")))
    at = START + timedelta(minutes=1)
    world.exchange.advance(MarketView(at=at, coins=(far,), settlements=()))
    assert status(world) == "marketOrderNoLiquidityRejected"


def rest(world, price, size="5"):
    run(world.order(is_buy=True, price=price, size=size, tif="Alo", cloid=CLOID))


def test_resting_order_fills_at_its_limit_as_a_maker_when_traded_through(worlds):
    world = worlds()
    rest(world, "149")
    at = START + timedelta(minutes=1)
    world.exchange.advance(view(at, "150", low="149"))
    assert status(world) == "open"
    world.exchange.advance(view(at, "150", low="148.99"))
    (fill,) = run(world.info("userFills", user=ACCOUNT))
    # 5 at 149 is 745 USD; 1.5 bp of it is 0.11175.
    assert (fill["px"], fill["fee"], fill["crossed"]) == ("149.0", "0.11175", False)


def test_resting_order_meets_only_the_size_that_the_book_shows(worlds):
    world = worlds()
    rest(world, "149", size="5")
    at = START + timedelta(minutes=1)
    thin = coin_market("149", levels(("148", "9")), levels(("149", "2"), ("150", "9")))
    world.exchange.advance(MarketView(at=at, coins=(thin,), settlements=()))
    (listed,) = run(world.info("openOrders", user=ACCOUNT))
    assert listed["sz"] == "3.0"


def small_account(worlds, start="300"):
    return worlds(parameters=PARAMETERS.override({"paper_start_usd": start}))


def test_liquidation_price_equals_the_documented_one(worlds):
    # 10 at 150 with 300 USD: long 123.077; fees and the spread move it a little.
    world = small_account(worlds, start="300.775045")
    trade(world, "10")
    state = run(world.info("clearinghouseState", user=ACCOUNT))
    price = Decimal(state["assetPositions"][0]["position"]["liquidationPx"])
    assert abs(price - Decimal("123.077")) < Decimal("0.001")


def test_account_under_its_maintenance_margin_is_liquidated_at_the_book(worlds):
    world = small_account(worlds, start="300.775045")
    trade(world, "10")
    run(world.order(is_buy=True, price="100", size="1", tif="Alo", cloid=CLOID))
    at = START + timedelta(minutes=1)
    world.exchange.advance(view(at, "123.08"))
    assert run(world.info("clearinghouseState", user=ACCOUNT))["assetPositions"]
    world.exchange.advance(view(at, "123.07"))
    assert not run(world.info("clearinghouseState", user=ACCOUNT))["assetPositions"]
    fill = run(world.info("userFills", user=ACCOUNT))[0]
    assert fill["liquidation"]["method"] == "market"
    assert fill["dir"] == "Liquidated Cross Long"
    assert status(world) == "liquidatedCanceled"


def test_backstop_takes_position_and_margin_when_the_book_is_gone(worlds):
    world = small_account(worlds)
    trade(world, "10")
    empty = coin_market("118", (), ())
    at = START + timedelta(minutes=1)
    world.exchange.advance(MarketView(at=at, coins=(empty,), settlements=()))
    assert value(world) == 0
    fill = run(world.info("userFills", user=ACCOUNT))[0]
    assert (fill["sz"], fill["liquidation"]["method"]) == ("10.0", "backstop")


def test_market_cannot_go_back(worlds):
    world = worlds()
    world.exchange.advance(view(HOUR, "150"))
    with pytest.raises(DataError, match="not before the exchange's"):
        world.exchange.advance(view(START, "150"))
    assert run(world.info("allMids")) == {"SOL": "150.0"}


def test_reopened_exchange_stands_where_it_stood(fast_dir):
    world = make_world(fast_dir / "x.sqlite", view(START, "150"))
    trade(world, "10")
    before = value(world)
    world.store.close()
    again = make_world(fast_dir / "x.sqlite", view(START, "150"))
    assert value(again) == before
    again.store.close()
    store = open_store(fast_dir / "x.sqlite")
    assert store.position(ACCOUNT, "SOL").size == 10
    store.close()


def test_many_views_are_one_step_and_a_bad_one_undoes_all(worlds):
    world = worlds()
    trade(world, "10")
    hours = [HOUR + timedelta(hours=n) for n in range(3)]
    views = [view(at, "150", settlement(at, "0.0001", "150")) for at in hours]
    with pytest.raises(DataError):
        world.exchange.advance_through([*views, view(START, "150")])
    assert world.exchange.funding_charges(ACCOUNT) == []
    world.exchange.advance_through(views)
    assert len(world.exchange.funding_charges(ACCOUNT)) == 3
