"""Answer the venue's /info requests from the store and the present view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from solalpha.exchange import account_info, wire
from solalpha.exchange.account_info import decimal_text
from solalpha.exchange.accounting import ZERO
from solalpha.exchange.floor import Floor
from solalpha.exchange.market import BookLevel, CoinMarket

_MAX_FILLS = 2000
_MAX_FUNDING = 500
_REQUESTS_FREE = 10_000


def answer(floor: Floor, request: Mapping[str, Any], wall_ms: int) -> Any:
    """Return the JSON answer to an /info request; unknown types are malformed."""
    kind = wire.text(request.get("type"))
    if kind == "exchangeStatus":
        return {"time": wall_ms, "specialStatuses": None}
    if kind not in _ANSWERS:
        raise wire.MalformedError(wire.MALFORMED)
    return _ANSWERS[kind](floor, request)


def _meta(floor: Floor, request: Mapping[str, Any]) -> Any:
    del request
    universe, tables = [], {}
    for market in floor.view.coins:
        rules = market.instrument
        universe.append(
            {
                "szDecimals": rules.size_decimals,
                "name": rules.coin,
                "maxLeverage": rules.max_leverage,
                "marginTableId": rules.max_leverage,
            }
        )
        tier = {"lowerBound": "0.0", "maxLeverage": rules.max_leverage}
        tables[rules.max_leverage] = {"description": "", "marginTiers": [tier]}
    return {
        "universe": universe,
        "marginTables": [[number, table] for number, table in tables.items()],
        "collateralToken": 0,
    }


def _spot_meta(floor: Floor, request: Mapping[str, Any]) -> Any:
    del floor, request
    return {"universe": [], "tokens": []}


def _contexts(floor: Floor, request: Mapping[str, Any]) -> Any:
    contexts = [_context(market) for market in floor.view.coins]
    return [_meta(floor, request), contexts]


def _context(market: CoinMarket) -> dict[str, Any]:
    oracle = market.oracle_price
    return {
        "funding": decimal_text(market.funding_rate or ZERO),
        "openInterest": "0.0",
        "prevDayPx": decimal_text(market.mark_price),
        "dayNtlVlm": "0.0",
        "dayBaseVlm": "0.0",
        "premium": None,
        "oraclePx": decimal_text(market.mark_price if oracle is None else oracle),
        "markPx": decimal_text(market.mark_price),
        "midPx": None if market.mid_price is None else decimal_text(market.mid_price),
        "impactPxs": None,
    }


def _all_mids(floor: Floor, request: Mapping[str, Any]) -> Any:
    del request
    return {
        market.instrument.coin: decimal_text(market.mid_price or market.mark_price)
        for market in floor.view.coins
    }


def _book(floor: Floor, request: Mapping[str, Any]) -> Any:
    market = floor.markets.get(wire.text(request.get("coin")))
    if market is None:
        return None
    return {
        "coin": market.instrument.coin,
        "time": floor.time_ms,
        "levels": [
            [_level(level) for level in market.bids],
            [_level(level) for level in market.asks],
        ],
    }


def _level(level: BookLevel) -> dict[str, Any]:
    return {
        "px": decimal_text(level.price),
        "sz": decimal_text(level.size),
        "n": level.count,
    }


def _state(floor: Floor, request: Mapping[str, Any]) -> Any:
    return account_info.clearinghouse(floor, wire.address(request.get("user")))


def _open_orders(floor: Floor, request: Mapping[str, Any]) -> Any:
    found = _listed(floor, request)
    return [account_info.plain_order(order) for order in found]


def _frontend_orders(floor: Floor, request: Mapping[str, Any]) -> Any:
    found = _listed(floor, request)
    return [account_info.frontend_order(order) for order in found]


def _listed(floor: Floor, request: Mapping[str, Any]) -> list[Any]:
    user = wire.address(request.get("user"))
    return floor.store.orders("status = 'open' and address = ?", (user,))[::-1]


def _order_status(floor: Floor, request: Mapping[str, Any]) -> Any:
    user, key = wire.address(request.get("user")), request.get("oid")
    is_client_id = isinstance(key, str)
    column = "cloid" if is_client_id else "oid"
    value = wire.client_id(key) if is_client_id else wire.integer(key)
    found = floor.store.orders(f"address = ? and {column} = ?", (user, value))
    if not found:
        return {"status": "unknownOid"}
    return {"status": "order", "order": account_info.order_record(found[-1])}


def _fills(floor: Floor, request: Mapping[str, Any]) -> Any:
    user = wire.address(request.get("user"))
    found = floor.store.fills("address = ?", (user,))
    return [account_info.fill(row) for row in found[::-1][:_MAX_FILLS]]


def _fills_by_time(floor: Floor, request: Mapping[str, Any]) -> Any:
    user, (start, end) = wire.address(request.get("user")), _window(request)
    found = floor.store.fills(
        "address = ? and time_ms >= ? and time_ms <= ?", (user, start, end)
    )
    return [account_info.fill(row) for row in found[:_MAX_FILLS]]


def _funding(floor: Floor, request: Mapping[str, Any]) -> Any:
    user, (start, end) = wire.address(request.get("user")), _window(request)
    found = [
        account_info.funding(row)
        for row in floor.store.funding(user)
        if row.usd is not None and start <= row.hour_ms <= end
    ]
    return found[:_MAX_FUNDING]


def _window(request: Mapping[str, Any]) -> tuple[int, int]:
    end = request.get("endTime")
    last = 2**62 if end is None else wire.integer(end)
    return wire.integer(request.get("startTime")), last


def _role(floor: Floor, request: Mapping[str, Any]) -> Any:
    del floor
    wire.address(request.get("user"))
    return {"role": "user"}


def _abstraction(floor: Floor, request: Mapping[str, Any]) -> Any:
    del floor
    wire.address(request.get("user"))
    return "default"


def _rate_limit(floor: Floor, request: Mapping[str, Any]) -> Any:
    user = wire.address(request.get("user"))
    volume = sum(
        (row.price * row.size for row in floor.store.fills("address = ?", (user,))),
        ZERO,
    )
    used = floor.store.clock(f"requests:{user}") or 0
    cap = _REQUESTS_FREE + int(volume)
    return {
        "cumVlm": decimal_text(volume),
        "nRequestsUsed": used,
        "nRequestsCap": cap,
        "nRequestsSurplus": max(cap - used, 0),
    }


_ANSWERS: Mapping[str, Callable[[Floor, Mapping[str, Any]], Any]] = {
    "meta": _meta,
    "spotMeta": _spot_meta,
    "metaAndAssetCtxs": _contexts,
    "allMids": _all_mids,
    "l2Book": _book,
    "clearinghouseState": _state,
    "openOrders": _open_orders,
    "frontendOpenOrders": _frontend_orders,
    "orderStatus": _order_status,
    "userFills": _fills,
    "userFillsByTime": _fills_by_time,
    "userFunding": _funding,
    "userRole": _role,
    "userAbstraction": _abstraction,
    "userRateLimit": _rate_limit,
}
