"""The venue's rules for an order, each with the venue's own words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from solalpha.exchange.accounting import has_margin_for
from solalpha.exchange.floor import Floor
from solalpha.exchange.market import CoinMarket
from solalpha.exchange.wire import OrderRequest
from solalpha.market.instruments import (
    is_above_minimum,
    is_legal_price,
    is_legal_size,
)

REDUCE_ONLY_TEXT = "Reduce only order would increase position."
NO_MATCH_TEXT = "Order could not immediately match against any resting orders."
NO_LIQUIDITY_TEXT = "No liquidity available for market order."
MARGIN_TEXT = "Insufficient margin to place order."
_FARTHEST = Decimal("0.8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """State why an order is refused, and the status that it is remembered by."""

    text: str
    status: str


def is_triggered(
    *, is_buy: bool, kind: str, trigger_price: Decimal, mark_price: Decimal
) -> bool:
    """Tell whether the mark has reached a stop (``sl``) or take-profit (``tp``)."""
    fires_above = is_buy == (kind == "sl")
    return mark_price >= trigger_price if fires_above else mark_price <= trigger_price


def refusal(floor: Floor, address: str, request: OrderRequest) -> Refusal | None:
    """Return why ``request`` is refused before it meets the book, None if it is not."""
    market = floor.view.coins[request.asset]
    position = floor.store.position(address, market.instrument.coin).size
    return (
        _shape(market, request)
        or _reduce_only(position, request)
        or _minimum(market, position, request)
        or _trigger(market, request)
        or _margin(floor, address, position, request)
        or _post_only(floor, request)
    )


def reduced(size: Decimal, position: Decimal) -> Decimal:
    """Return the size of a reduce-only order cut to the position it can close."""
    return min(size, abs(position))


def _shape(market: CoinMarket, request: OrderRequest) -> Refusal | None:
    rules = market.instrument
    prices = [request.limit_price]
    if request.trigger_price is not None:
        prices.append(request.trigger_price)
    if request.size == 0:
        return Refusal(text="Order has zero size.", status="rejected")
    if not is_legal_size(rules, request.size):
        return Refusal(text="Order has invalid size.", status="rejected")
    if any(price <= 0 for price in prices):
        return Refusal(text="Order has invalid price.", status="rejected")
    if not all(is_legal_price(rules, price) for price in prices):
        return Refusal(
            text="Price must be divisible by tick size.", status="tickRejected"
        )
    away = abs(request.limit_price / market.mark_price - 1)
    if request.trigger_price is None and away > _FARTHEST:
        return Refusal(
            text="Order price cannot be more than 80% away from the reference price",
            status="oracleRejected",
        )
    return None


def _reduce_only(position: Decimal, request: OrderRequest) -> Refusal | None:
    if not request.is_reduce_only:
        return None
    if position == 0 or request.is_buy == (position > 0):
        return Refusal(text=REDUCE_ONLY_TEXT, status="reduceOnlyRejected")
    return None


def _minimum(
    market: CoinMarket, position: Decimal, request: OrderRequest
) -> Refusal | None:
    is_whole_close = request.is_reduce_only and request.size >= abs(position)
    if is_whole_close or is_above_minimum(
        market.instrument, request.size, request.limit_price
    ):
        return None
    least = market.instrument.min_notional_usd.normalize()
    return Refusal(
        text=f"Order must have minimum value of ${least:f}.",
        status="minTradeNtlRejected",
    )


def _trigger(market: CoinMarket, request: OrderRequest) -> Refusal | None:
    if request.trigger_price is None or request.trigger_kind is None:
        return None
    is_passive = (
        request.limit_price < request.trigger_price
        if request.is_buy
        else request.limit_price > request.trigger_price
    )
    has_fired = is_triggered(
        is_buy=request.is_buy,
        kind=request.trigger_kind,
        trigger_price=request.trigger_price,
        mark_price=market.mark_price,
    )
    if is_passive or has_fired:
        return Refusal(text="Invalid TP/SL price.", status="badTriggerPxRejected")
    return None


def _margin(
    floor: Floor, address: str, position: Decimal, request: OrderRequest
) -> Refusal | None:
    if request.trigger_price is not None:
        return None
    size = reduced(request.size, position) if request.is_reduce_only else request.size
    if has_margin_for(
        floor.store,
        address,
        floor.view.coins[request.asset].instrument.coin,
        floor.markets,
        floor.parameters,
        signed_size=size if request.is_buy else -size,
    ):
        return None
    return Refusal(text=MARGIN_TEXT, status="perpMarginRejected")


def _post_only(floor: Floor, request: OrderRequest) -> Refusal | None:
    if request.tif != "Alo":
        return None
    coin = floor.view.coins[request.asset].instrument.coin
    market = floor.markets[coin]
    bid = market.bids[0].price if market.bids else None
    ask = market.asks[0].price if market.asks else None
    best = ask if request.is_buy else bid
    if best is None:
        return None
    would_match = (
        request.limit_price >= best if request.is_buy else request.limit_price <= best
    )
    if not would_match:
        return None
    return Refusal(
        text=f"Post only order would have immediately matched, bbo was {bid}@{ask}.",
        status="badAloPxRejected",
    )
