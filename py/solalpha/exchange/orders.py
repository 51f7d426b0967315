"""Place and cancel orders by the venue's rules."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from solalpha.exchange import checks
from solalpha.exchange.accounting import has_margin_for
from solalpha.exchange.floor import Floor
from solalpha.exchange.rows import Order
from solalpha.exchange.wire import OrderRequest
from solalpha.hyperliquid.signing import number_text

CANCEL_MISS_TEXT = "Order was never placed, already canceled, or filled."
_MARKET_TOLERANCE = Decimal("0.10")
_PRICE_STEP = Decimal("0.00000001")


def place(floor: Floor, address: str, request: OrderRequest) -> dict[str, Any]:
    """Place one order and return its status as the venue writes it."""
    if request.asset >= len(floor.view.coins):
        return {"error": f"Order has invalid asset. asset={request.asset}"}
    coin = floor.view.coins[request.asset].instrument.coin
    position = floor.store.position(address, coin).size
    order = _recorded(floor, address, coin, request)
    refused = checks.refusal(floor, address, request)
    if refused is not None:
        return _refused(floor, order, request, refused.text, refused.status)
    if request.is_reduce_only:
        order = floor.save(order, size=checks.reduced(order.size, position))
    if request.trigger_price is not None or request.tif == "Alo":
        return {"resting": _reference(floor.save(order, status="open"))}
    return _taken(floor, order, request)


def fire(floor: Floor, order: Order) -> None:
    """Turn a trigger order whose price was reached into what it stands for."""
    market = floor.markets[order.coin]
    position = floor.store.position(order.address, order.coin).size
    signed = order.size if order.is_buy else -order.size
    if not order.is_reduce_only and not has_margin_for(
        floor.store,
        order.address,
        order.coin,
        floor.markets,
        floor.parameters,
        signed_size=signed,
    ):
        floor.save(order, status="perpMarginRejected")
        return
    if order.is_reduce_only:
        order = floor.save(order, size=checks.reduced(order.size, position))
    away = 1 + _MARKET_TOLERANCE if order.is_buy else 1 - _MARKET_TOLERANCE
    limit = market.mark_price * away if order.is_market_trigger else order.limit_price
    size, _ = floor.take(order, limit, is_liquidation=False)
    left = order.size - size
    if left == 0:
        floor.save(order, size=left, status="filled")
    elif not order.is_market_trigger:
        floor.save(order, size=left, tif="Gtc", trigger_price=None)
    elif size > 0:
        floor.save(order, size=left, status="canceled")
    else:
        floor.save(order, status="marketOrderNoLiquidityRejected")
    floor.shrink_reduce_only(order.address, order.coin)


def cancel(
    floor: Floor, address: str, asset: int, *, oid: int | None, cloid: str | None
) -> str | dict[str, Any]:
    """Cancel an open order by its id or its client id; a miss says so."""
    if asset < len(floor.view.coins):
        coin = floor.view.coins[asset].instrument.coin
        for order in floor.open_orders(address, coin):
            if order.oid == oid or (cloid is not None and order.cloid == cloid):
                floor.save(order, status="canceled")
                return "success"
    return {"error": f"{CANCEL_MISS_TEXT} asset={asset}"}


def _recorded(floor: Floor, address: str, coin: str, request: OrderRequest) -> Order:
    order = Order(
        oid=floor.store.next_oid(),
        address=address,
        coin=coin,
        cloid=request.cloid,
        is_buy=request.is_buy,
        limit_price=request.limit_price,
        size=request.size,
        original_size=request.size,
        is_reduce_only=request.is_reduce_only,
        tif=request.tif,
        trigger_price=request.trigger_price,
        trigger_kind=request.trigger_kind,
        is_market_trigger=request.is_market_trigger,
        status="placed",
        status_ms=floor.time_ms,
        placed_ms=floor.time_ms,
    )
    floor.store.add("orders", asdict(order))
    return order


def _refused(
    floor: Floor, order: Order, request: OrderRequest, text: str, status: str
) -> dict[str, Any]:
    floor.save(order, status=status)
    return {"error": f"{text} asset={request.asset}"}


def _taken(floor: Floor, order: Order, request: OrderRequest) -> dict[str, Any]:
    size, notional = floor.take(order, order.limit_price, is_liquidation=False)
    left = order.size - size
    is_immediate = request.tif != "Gtc"
    if left > 0 and not is_immediate:
        floor.save(order, size=left, status="open")
    elif size == 0:
        floor.save(order, status="iocCancelRejected")
        return {"error": f"{checks.NO_MATCH_TEXT} asset={request.asset}"}
    else:
        floor.save(order, size=left, status="canceled" if left > 0 else "filled")
    floor.shrink_reduce_only(order.address, order.coin)
    if left > 0 and not is_immediate:
        return {"resting": _reference(order)}
    average = (notional / size).quantize(_PRICE_STEP)
    filled = {"totalSz": number_text(size), "avgPx": number_text(average)}
    return {"filled": filled | _reference(order)}


def _reference(order: Order) -> dict[str, Any]:
    found: dict[str, Any] = {"oid": order.oid}
    return found if order.cloid is None else found | {"cloid": order.cloid}
