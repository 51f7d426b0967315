"""Orders through the wire, with the venue's own words and hand-worked numbers."""

import asyncio
from decimal import Decimal

import pytest
from tests.unit.exchange.worlds import (
    ACCOUNT,
    START,
    MarketView,
    coin_market,
    levels,
    make_world,
    view,
    wire,
)

CLOID = "0x" + "ab" * 16


def book(bids, asks, mark="150"):
    return MarketView(
        at=START,
        coins=(coin_market(mark, levels(*bids), levels(*asks)),),
        settlements=(),
    )


DEEP = book(
    [("149.99", "3"), ("149.9", "5")],
    [("150.01", "2"), ("150.11", "3"), ("151", "100")],
)


@pytest.fixture
def world(fast_dir):
    made = make_world(fast_dir / "x.sqlite", DEEP)
    yield made
    made.store.close()
    asyncio.run(made.client.aclose())


def run(coroutine):
    return asyncio.run(coroutine)


def position(world):
    state = run(world.info("clearinghouseState", user=ACCOUNT))
    held = state["assetPositions"]
    return Decimal(held[0]["position"]["szi"]) if held else Decimal(0)


def buy(world, size, price="151", **fields):
    return run(world.order(is_buy=True, price=price, size=size, **fields))


def sell(world, size, price="149", **fields):
    return run(world.order(is_buy=False, price=price, size=size, **fields))


def test_taker_walks_the_book_at_the_mean_price(world):
    # 2 at 150.01 and 3 at 150.11: (300.02 + 450.33) / 5 = 150.07.
    assert buy(world, "5")["filled"] == {"totalSz": "5", "avgPx": "150.07", "oid": 1}


def test_fee_is_cut_to_six_decimals(world):
    # 1.11 at 150.01 is 166.5111 USD; 4.5 bp of it is 0.074929995.
    buy(world, "1.11")
    fills = run(world.info("userFills", user=ACCOUNT))
    assert [fill["fee"] for fill in fills] == ["0.074929"]
    assert fills[0]["crossed"] is True
    assert fills[0]["dir"] == "Open Long"


def test_immediate_order_fills_in_part_up_to_its_limit(world):
    found = buy(world, "5", price="150.05")
    assert found["filled"]["totalSz"] == "2"


def test_immediate_order_without_a_match_is_refused_and_remembered(world):
    found = buy(world, "1", price="150", cloid=CLOID)
    text = "Order could not immediately match against any resting orders. asset=0"
    assert found == {"error": text}
    status = run(world.info("orderStatus", user=ACCOUNT, oid=CLOID))
    assert status["order"]["status"] == "iocCancelRejected"


def test_book_is_thinner_for_the_next_taker(world):
    buy(world, "5")
    found = buy(world, "1", price="150.11")
    assert "could not immediately match" in found["error"]


def test_reduce_only_without_a_position_is_refused(world):
    found = sell(world, "1", reduce_only=True)
    assert found["error"].startswith("Reduce only order would increase position.")


def test_reduce_only_on_the_same_side_is_refused(world):
    buy(world, "2")
    assert "Reduce only" in buy(world, "1", reduce_only=True)["error"]


def test_reduce_only_larger_than_the_position_is_shrunk_and_never_flips(world):
    buy(world, "2")
    found = sell(world, "3", reduce_only=True)
    assert found["filled"]["totalSz"] == "2"
    assert position(world) == 0


def test_order_larger_than_the_position_flips_it(world):
    buy(world, "2")
    sell(world, "3")
    assert position(world) == -1
    fills = run(world.info("userFills", user=ACCOUNT))
    assert fills[0]["dir"] == "Long > Short"
    # Sold 2 of the position at 149.99 that were bought at 150.01.
    assert fills[0]["closedPnl"] == "-0.04"


@pytest.mark.parametrize(
    ("size", "price", "text"),
    [
        ("0", "150", "Order has zero size."),
        ("1.001", "150", "Order has invalid size."),
        ("1", "150.001", "Price must be divisible by tick size."),
        ("1", "0", "Order has invalid price."),
        ("0.06", "150", "Order must have minimum value of $10."),
        ("1", "271", "Order price cannot be more than 80% away"),
    ],
)
def test_illegal_order_is_refused_in_the_venues_words(world, size, price, text):
    assert buy(world, size, price=price)["error"].startswith(text)


def test_whole_close_below_the_minimum_is_exempt_and_a_partial_one_is_not(world):
    buy(world, "0.07")
    assert "minimum value" in sell(world, "0.02", reduce_only=True)["error"]
    assert sell(world, "0.07", price="135", reduce_only=True)["filled"]
    assert position(world) == 0


def test_post_only_that_would_match_is_refused_with_the_best_prices(world):
    found = buy(world, "1", price="150.01", tif="Alo")
    assert found["error"].startswith(
        "Post only order would have immediately matched, bbo was 149.99@150.01."
    )
    assert "resting" in buy(world, "1", price="150", tif="Alo")


def test_good_till_cancelled_order_takes_and_rests_the_remainder(world):
    found = buy(world, "5", price="150.05", tif="Gtc")
    oid = found["resting"]["oid"]
    (listed,) = run(world.info("openOrders", user=ACCOUNT))
    assert (listed["oid"], listed["sz"], listed["origSz"]) == (oid, "3.0", "5.0")
    assert position(world) == 2


def test_order_beyond_the_margin_is_refused(world):
    # 10,000 USD at 20x carries 200,000 USD: 1333.33 base units at the mark of 150.
    assert "resting" in buy(world, "1333", price="149", tif="Gtc")
    run(world.act({"type": "cancel", "cancels": [{"a": 0, "o": 1}]}))
    found = buy(world, "1334", price="149", tif="Gtc")
    assert found["error"].startswith("Insufficient margin to place order.")


def test_lower_leverage_needs_more_margin(world):
    reply = run(
        world.act(
            {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 1}
        )
    )
    assert reply == {"status": "ok", "response": {"type": "default"}}
    assert "resting" in buy(world, "66", price="149", tif="Gtc")
    assert "Insufficient margin" in buy(world, "2", price="149", tif="Gtc")["error"]


@pytest.mark.parametrize("leverage", [0, 21])
def test_leverage_out_of_range_is_refused(world, leverage):
    action = {
        "type": "updateLeverage",
        "asset": 0,
        "isCross": True,
        "leverage": leverage,
    }
    assert run(world.act(action)) == {
        "status": "err",
        "response": "Invalid leverage value",
    }


def test_own_resting_order_is_cancelled_by_an_own_taker(world):
    buy(world, "1", price="150", tif="Alo", cloid=CLOID)
    sell(world, "1", price="149.99")
    status = run(world.info("orderStatus", user=ACCOUNT, oid=CLOID))
    assert status["order"]["status"] == "selfTradeCanceled"


def test_stop_on_the_wrong_side_of_the_mark_is_refused(world):
    buy(world, "2")
    found = sell(world, "2", price="140", trigger="150", reduce_only=True)
    assert found["error"].startswith("Invalid TP/SL price.")


def test_stop_shrinks_with_the_position_and_goes_with_it(world):
    buy(world, "2")
    sell(world, "2", price="130", trigger="140", reduce_only=True, cloid=CLOID)
    sell(world, "1", reduce_only=True)
    (listed,) = run(world.info("frontendOpenOrders", user=ACCOUNT))
    assert (listed["sz"], listed["triggerPx"], listed["isTrigger"]) == (
        "1.0",
        "140.0",
        True,
    )
    assert listed["orderType"] == "Stop Market"
    sell(world, "1", reduce_only=True)
    status = run(world.info("orderStatus", user=ACCOUNT, oid=CLOID))
    assert status["order"]["status"] == "reduceOnlyCanceled"


def test_cancel_by_client_id_then_again_misses(world):
    buy(world, "1", price="149", tif="Gtc", cloid=CLOID)
    action = {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": CLOID}]}
    statuses = [
        run(world.act(action))["response"]["data"]["statuses"][0] for _ in range(2)
    ]
    missed = "Order was never placed, already canceled, or filled. asset=0"
    assert statuses == ["success", {"error": missed}]


def test_repeated_client_id_is_accepted_as_the_venue_would_and_both_are_kept(world):
    buy(world, "1", cloid=CLOID)
    buy(world, "1", cloid=CLOID)
    assert len(world.store.orders("cloid = ?", (CLOID,))) == 2


def test_batch_answers_each_order_in_turn(world):
    orders = [
        wire(is_buy=True, price="151", size="1"),
        wire(is_buy=True, price="151", size="0"),
    ]
    reply = run(world.act({"type": "order", "orders": orders, "grouping": "na"}))
    first, second = reply["response"]["data"]["statuses"]
    assert first["filled"]["totalSz"] == "1"
    assert second == {"error": "Order has zero size. asset=0"}


def test_scheduled_cancel_is_refused_below_the_volume(world):
    assert run(world.act({"type": "scheduleCancel", "time": 1})) == {
        "status": "err",
        "response": "Cannot set scheduled cancel time until enough volume traded. "
        "Required: $1000000. Traded: $0.00",
    }


def test_unknown_order_is_unknown(world):
    found = run(world.info("orderStatus", user=ACCOUNT, oid=99))
    assert found == {"status": "unknownOid"}


def test_account_value_is_raw_cash_plus_signed_notional(world):
    buy(world, "2")
    state = run(world.info("clearinghouseState", user=ACCOUNT))["marginSummary"]
    # 10,000 - 300.02 - fee 0.135009, and 2 at the mark of 150.
    assert state["totalRawUsd"] == "9699.844991"
    assert state["accountValue"] == "9999.844991"
    assert state["totalMarginUsed"] == "15.0"


def test_start_of_a_new_address_is_the_paper_start(fast_dir):
    made = make_world(fast_dir / "y.sqlite", view(START, "150"))
    found = run(made.info("clearinghouseState", user="0x" + "c" * 40))
    made.store.close()
    assert found["marginSummary"]["accountValue"] == "10000.0"


def test_account_is_opened_once_with_the_paper_start(world):
    first = world.exchange.open_account(ACCOUNT.upper().replace("0X", "0x"))
    buy(world, "2")
    again = world.exchange.open_account(ACCOUNT)
    assert first.start_usd == again.start_usd == 10_000
    assert again.raw_usd < first.raw_usd
