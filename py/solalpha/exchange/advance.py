"""Move the market to a later view: funding, stops, resting orders, liquidation.

Order of events: funding is charged on the position carried in; then the new
prices act on stops and resting orders; then accounts below their maintenance
margin are liquidated.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from decimal import Decimal

from solalpha.clock import from_ms, to_ms
from solalpha.errors import DataError
from solalpha.exchange.accounting import (
    ZERO,
    account_of,
    book_fill,
    credit_funding,
    figures,
    funding_usd,
)
from solalpha.exchange.checks import is_triggered
from solalpha.exchange.floor import Floor
from solalpha.exchange.market import CoinMarket, MarketView, Settlement
from solalpha.exchange.orders import fire
from solalpha.exchange.rows import FundingCharge, Order, Position

_HOUR_MS = 3_600_000
_BACKSTOP_SHARE = Decimal(2) / Decimal(3)


def advance(floor: Floor, view: MarketView) -> None:
    """Apply ``view`` to every account; the caller makes it one transaction.

    Raises
    ------
    DataError
        If ``view`` is older than the exchange's clock or lacks a coin it knew.
    """
    before_ms = floor.store.clock("market")
    now_ms = to_ms(view.at)
    if before_ms is not None and now_ms < before_ms:
        raise DataError(
            f"market view of {view.at.isoformat()}; expected not before the exchange's "
            f"clock, {from_ms(before_ms).isoformat()}"
        )
    _require_held_coins(floor, view)
    floor.view = view
    floor.markets = dict(view.by_coin())
    _charge_funding(floor, before_ms, now_ms)
    floor.store.set_clock("market", now_ms)
    for order in floor.store.orders("status = 'open'", ()):
        if order.trigger_price is not None:
            _fire_if_reached(floor, order)
    for order in floor.store.orders("status = 'open'", ()):
        if order.trigger_price is None:
            _fill_if_traded_through(floor, order)
    for account in floor.store.accounts():
        _liquidate_if_short(floor, account.address)


def _require_held_coins(floor: Floor, view: MarketView) -> None:
    coins = set(view.by_coin())
    held = {
        row["coin"]
        for row in floor.store.rows("select coin, size from positions", ())
        if row["size"] != 0
    }
    held |= {order.coin for order in floor.store.orders("status = 'open'", ())}
    if missing := sorted(held - coins):
        raise DataError(f"market view lacks {', '.join(missing)}, which accounts hold")


def _charge_funding(floor: Floor, before_ms: int | None, now_ms: int) -> None:
    known = {
        (row.coin, to_ms(row.hour_at + timedelta(minutes=30)) // _HOUR_MS): row
        for row in floor.view.settlements
    }
    for charge in _unknown_charges(floor):
        found = known.get((charge.coin, charge.hour_ms // _HOUR_MS))
        if found is not None and found.rate is not None:
            _settle(floor, charge, found)
    if before_ms is None or not _positions(floor):
        return
    for hour in range(before_ms // _HOUR_MS + 1, now_ms // _HOUR_MS + 1):
        for position in _positions(floor):
            charge = _unpaid(position, hour * _HOUR_MS)
            floor.store.add("funding", asdict(charge))
            found = known.get((position.coin, hour))
            if found is not None:
                _settle(floor, charge, found)


def _positions(floor: Floor) -> list[Position]:
    return [
        position
        for account in floor.store.accounts()
        for position in floor.store.positions(account.address)
    ]


def _unpaid(position: Position, hour_ms: int) -> FundingCharge:
    return FundingCharge(
        address=position.address,
        coin=position.coin,
        hour_ms=hour_ms,
        size=position.size,
        rate=None,
        oracle_price=None,
        usd=None,
    )


def _unknown_charges(floor: Floor) -> list[FundingCharge]:
    found = floor.store.rows("select * from funding where usd is null", ())
    return [FundingCharge(**row) for row in found]


def _settle(floor: Floor, charge: FundingCharge, settlement: Settlement) -> None:
    # Without rate or oracle price the charge stays unknown, never zero.
    if settlement.rate is None or settlement.oracle_price is None:
        return
    usd = funding_usd(charge.size, settlement.oracle_price, settlement.rate)
    settled = replace(
        charge, rate=settlement.rate, oracle_price=settlement.oracle_price, usd=usd
    )
    floor.store.put("funding", asdict(settled))
    position = floor.store.position(charge.address, charge.coin)
    credit_funding(floor.store, position, usd, floor.parameters)


def _fire_if_reached(floor: Floor, listed: Order) -> None:
    order = floor.store.orders("oid = ?", (listed.oid,))[0]
    if order.status != "open" or order.trigger_price is None:
        return
    if is_triggered(
        is_buy=order.is_buy,
        kind=order.trigger_kind or "sl",
        trigger_price=order.trigger_price,
        mark_price=floor.markets[order.coin].mark_price,
    ):
        fire(floor, order)


def _fill_if_traded_through(floor: Floor, listed: Order) -> None:
    order = floor.store.orders("oid = ?", (listed.oid,))[0]
    if order.status != "open":
        return
    size = _met_size(floor.markets[order.coin], order)
    if size > 0:
        floor.rest_filled(order, size)


def _met_size(market: CoinMarket, order: Order) -> Decimal:
    # A print strictly beyond the limit fills it whole; a book that reaches it
    # fills what is visible there.
    limit = order.limit_price
    if order.is_buy:
        traded = market.low_price is not None and market.low_price < limit
        levels = [level.size for level in market.asks if level.price <= limit]
    else:
        traded = market.high_price is not None and market.high_price > limit
        levels = [level.size for level in market.bids if level.price >= limit]
    return order.size if traded else min(order.size, sum(levels, ZERO))


def _liquidate_if_short(floor: Floor, address: str) -> None:
    store = floor.store
    before = figures(store, address, floor.markets, floor.parameters)
    if before.value_usd >= before.maintenance_usd:
        return
    for order in store.orders("status = 'open' and address = ?", (address,)):
        floor.save(order, status="liquidatedCanceled")
    for position in store.positions(address):
        _close_at_market(floor, position)
    after = figures(store, address, floor.markets, floor.parameters)
    if after.value_usd < after.maintenance_usd * _BACKSTOP_SHARE or (
        after.notional_usd == 0 and after.value_usd < 0
    ):
        _hand_to_backstop(floor, address)


def _close_at_market(floor: Floor, position: Position) -> None:
    order = _liquidation_order(floor, position)
    mark = floor.markets[position.coin].mark_price
    reach = mark * 10 if order.is_buy else ZERO
    size, _ = floor.take(order, reach, is_liquidation=True)
    left = order.size - size
    floor.save(order, size=left, status="filled" if left == 0 else "canceled")


def _hand_to_backstop(floor: Floor, address: str) -> None:
    # The backstop takes what is left of the positions at mark, and of the margin.
    for position in floor.store.positions(address):
        order = _liquidation_order(floor, position)
        mark = floor.markets[position.coin].mark_price
        book_fill(
            floor.store,
            order,
            price=mark,
            size=order.size,
            fee_rate=ZERO,
            is_taker=True,
            is_liquidation=True,
            mark_price=mark,
            time_ms=floor.time_ms,
            parameters=floor.parameters,
        )
        floor.save(order, size=ZERO, status="filled")
    account = account_of(floor.store, address, floor.parameters)
    lost = account.adjustment_usd - account.raw_usd
    floor.store.put(
        "accounts", asdict(replace(account, raw_usd=ZERO, adjustment_usd=lost))
    )


def _liquidation_order(floor: Floor, position: Position) -> Order:
    order = Order(
        oid=floor.store.next_oid(),
        address=position.address,
        coin=position.coin,
        cloid=None,
        is_buy=position.size < 0,
        limit_price=floor.markets[position.coin].mark_price,
        size=abs(position.size),
        original_size=abs(position.size),
        is_reduce_only=True,
        tif="LiquidationMarket",
        trigger_price=None,
        trigger_kind=None,
        is_market_trigger=False,
        status="placed",
        status_ms=floor.time_ms,
        placed_ms=floor.time_ms,
    )
    floor.store.add("orders", asdict(order))
    return order
