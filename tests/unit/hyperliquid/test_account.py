from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx

from solalpha.clock import to_ms
from solalpha.config import real_data_dir
from solalpha.errors import ConfigError, VenueError
from solalpha.hyperliquid import parsing_account, parsing_orders
from solalpha.hyperliquid.account import AccountReads
from solalpha.hyperliquid.rest import InfoClient, Patience
from solalpha.hyperliquid.weights import WeightBucket

BASE = "https://venue.test"
USER = "0x" + "aB" * 20
START = datetime(2025, 1, 1, tzinfo=UTC)
ORDER = {
    "coin": "SOL",
    "side": "A",
    "limitPx": "150.5",
    "sz": "1",
    "origSz": "2",
    "oid": 77738308,
    "timestamp": to_ms(START),
    "reduceOnly": True,
    "isTrigger": True,
    "triggerPx": "149",
    "orderType": "Stop Market",
    "tif": None,
    "cloid": None,
    "children": [],
}
STATUS = {"order": ORDER, "status": "reduceOnlyCanceled"}
STATUS |= {"statusTimestamp": to_ms(START) + 5}


async def no_wait(seconds: float) -> None:
    del seconds


def ask(question: Callable[[AccountReads], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        client = InfoClient(
            BASE,
            bucket=WeightBucket(1e6),
            patience=Patience(attempts=2),
            sleep=no_wait,
        )
        async with client as opened:
            return await question(AccountReads(opened, USER))

    return asyncio.run(run())


def answering(value: Any) -> respx.Route:
    return respx.post(f"{BASE}/info").respond(json=value)


def sent(route: respx.Route) -> Any:
    return json.loads(route.calls[0].request.content)


@pytest.mark.parametrize("address", ["", "0x12", "12" * 21, "0x" + "g" * 40])
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="0x and 40 hex digits"):
        AccountReads(InfoClient(BASE), address)


@respx.mock
def test_state_of_a_short_position() -> None:
    summary = {"accountValue": "25.93", "totalNtlPos": "525"}
    summary |= {"totalRawUsd": "550.93", "totalMarginUsed": "105"}
    position = {"coin": "SOL", "szi": "-3.5", "entryPx": "150", "marginUsed": "105"}
    position |= {"leverage": {"type": "isolated", "value": 5, "rawUsd": "1"}}
    position |= {"positionValue": "525", "unrealizedPnl": "-0.5", "maxLeverage": 20}
    route = answering(
        {
            "marginSummary": summary,
            "crossMarginSummary": summary,
            "withdrawable": "0.0",
            "time": to_ms(START),
            "assetPositions": [{"type": "oneWay", "position": position}],
        }
    )
    state = ask(lambda a: a.state())
    assert sent(route) == {"type": "clearinghouseState", "user": USER.lower()}
    (found,) = state.positions
    assert (found.size, found.leverage, found.is_cross) == (Decimal("-3.5"), 5, False)
    assert (found.liquidation_price, state.event_at) == (None, START)
    assert state.account_value_usd == Decimal("25.93")


@respx.mock
@pytest.mark.parametrize("mode", ["default", "unifiedAccount"])
def test_mode_is_a_bare_text(mode: str) -> None:
    answering(mode)
    assert ask(lambda a: a.mode()) == mode


@respx.mock
def test_unknown_mode_and_role_are_refused() -> None:
    answering("superAccount")
    with pytest.raises(VenueError, match=r"'superAccount'; expected one of default"):
        ask(lambda a: a.mode())
    answering({"role": "guest"})
    with pytest.raises(VenueError, match="'guest'; expected one of user"):
        ask(lambda a: a.role())


@respx.mock
def test_order_by_client_id_and_unknown_order() -> None:
    route = answering({"status": "order", "order": STATUS})
    record = ask(lambda a: a.order_status("0x" + "1f" * 16))
    assert sent(route)["oid"] == "0x" + "1f" * 16
    assert (record.status, record.status_at - START) == (
        "reduceOnlyCanceled",
        timedelta(milliseconds=5),
    )
    assert record.order.trigger_price == Decimal(149)
    answering({"status": "unknownOid"})
    assert ask(lambda a: a.order_status(5)) is None
    with pytest.raises(ConfigError, match="32 hex digits"):
        ask(lambda a: a.order_status("mine"))


@respx.mock
def test_open_orders_leave_untold_fields_null() -> None:
    plain = {k: ORDER[k] for k in ("coin", "side", "limitPx", "sz", "oid", "timestamp")}
    answering([plain])
    (order,) = ask(lambda a: a.open_orders())
    assert (order.is_trigger, order.original_size, order.side) == (None, None, "sell")
    assert order.is_reduce_only is False


@respx.mock
def test_small_reads_are_typed() -> None:
    answering({"cumVlm": "170.5", "nRequestsUsed": 3, "nRequestsCap": 10170})
    assert ask(lambda a: a.budget()).cap == 10170
    answering({"userCrossRate": "0.00045", "userAddRate": "0.00015"})
    assert ask(lambda a: a.fees()).taker_rate == Decimal("0.00045")
    answering(
        {
            "user": USER,
            "coin": "SOL",
            "leverage": {"type": "cross", "value": 20},
            "maxTradeSzs": ["1", "2"],
            "availableToTrade": ["3", "4"],
            "markPx": "150",
        }
    )
    active = ask(lambda a: a.active_asset("SOL"))
    assert (active.max_trade_sizes[1], active.available_usd[0]) == (2, 3)
    answering({"balances": [{"coin": "USDC", "total": "14.6", "hold": "0.0"}]})
    assert ask(lambda a: a.spot_balances())[0].entry_notional_usd is None
    answering([STATUS])
    assert ask(lambda a: a.historical_orders())[0].order.order_id == 77738308


def fill(time_ms: int, trade_id: int) -> dict[str, Any]:
    row = {"coin": "SOL", "px": "150", "sz": "1", "side": "B", "time": time_ms}
    row |= {"startPosition": "0.0", "dir": "Open Long", "closedPnl": "0.0"}
    row |= {"hash": "0x0", "oid": 1, "crossed": True, "fee": "0.0675"}
    return row | {"tid": trade_id, "feeToken": "USDC", "cloid": None}


@respx.mock
def test_fills_are_paged_by_time_and_kept_once() -> None:
    # 3 fills a millisecond: page borders fall inside one of them.
    everything = [fill(to_ms(START) + n // 3, n) for n in range(4500)]

    def serve(request: httpx.Request) -> httpx.Response:
        start = json.loads(request.content)["startTime"]
        rows = [row for row in everything if row["time"] >= start]
        return httpx.Response(200, json=rows[:2000])

    respx.post(f"{BASE}/info").mock(side_effect=serve)
    found = ask(lambda a: a.fills_between(START, START + timedelta(days=1)))
    assert [row.trade_id for row in found] == list(range(4500))


@respx.mock
def test_a_full_page_of_one_millisecond_is_refused() -> None:
    answering([fill(to_ms(START), n) for n in range(2000)])
    with pytest.raises(VenueError, match="cannot be paged"):
        ask(lambda a: a.fills_between(START, START + timedelta(days=1)))


@respx.mock
def test_payments_of_several_coins_at_one_time_are_all_kept() -> None:
    delta = {"type": "funding", "usdc": "-0.1", "szi": "1", "fundingRate": "0.0000125"}
    everything = [
        {
            "time": to_ms(START + timedelta(hours=n // 4)),
            "hash": "0x0",
            "delta": delta | {"coin": f"C{n % 4}"},
        }
        for n in range(1001)
    ]

    def serve(request: httpx.Request) -> httpx.Response:
        start = json.loads(request.content)["startTime"]
        rows = [row for row in everything if row["time"] >= start]
        return httpx.Response(200, json=rows[:500])

    respx.post(f"{BASE}/info").mock(side_effect=serve)
    found = ask(lambda a: a.payments_between(START, START + timedelta(days=99)))
    assert len(found) == 1001
    assert found[0].usd == Decimal("-0.1")


@respx.mock
def test_every_account_read_goes_to_info_only() -> None:
    seen: set[str] = set()

    def serve(request: httpx.Request) -> httpx.Response:
        seen.add(str(request.url))
        return httpx.Response(422)

    respx.route().mock(side_effect=serve)
    names = [
        name
        for name, _ in inspect.getmembers(AccountReads, inspect.iscoroutinefunction)
        if not name.startswith("_")
    ]
    assert len(names) == 14
    arguments: dict[str, tuple[Any, ...]] = {
        "order_status": (1,),
        "active_asset": ("SOL",),
        "fills_between": (START, START),
        "payments_between": (START, START),
    }
    for name in names:
        with pytest.raises(VenueError, match="HTTP 422"):
            ask(lambda a, n=name: getattr(a, n)(*arguments.get(n, ())))
    assert seen == {f"{BASE}/info"}


def recorded(name: str) -> Any:
    root = real_data_dir()
    if root is None:
        pytest.skip("SOLALPHA_REAL_DATA is not set")
    path = root / "payloads" / "sdk_cassettes_json" / f"test_{name}.json"
    return json.loads(path.read_text())[-1]["response"]


@pytest.mark.real_data
def test_recorded_account_replies_parse() -> None:
    state = parsing_account.parse_state(recorded("get_user_state"))
    assert [p.coin for p in state.positions][:2] == ["BTC", "ETH"]
    assert parsing_account.parse_role(recorded("user_role")) == "vault"
    budget = parsing_account.parse_budget(recorded("user_rate_limit"))
    assert budget.used == 36589831368
    body = recorded("get_user_fills")
    assert len(parsing_account.parse_fills(body)) == len(body) > 0
    body = recorded("user_funding_history_without_end_time")
    assert len(parsing_account.parse_payments(body)) == len(body) > 0
    for name in ("get_open_orders", "get_frontend_open_orders"):
        body = recorded(name)
        assert len(parsing_orders.parse_open_orders(body)) == len(body) > 0
    history = parsing_orders.parse_history(recorded("historical_orders"))
    assert history[0].status == "iocCancelRejected"
