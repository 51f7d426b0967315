"""Write an account's state, orders, fills and funding as the venue does."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from solalpha.exchange.accounting import ZERO, Figures, figures, leverage_of
from solalpha.exchange.floor import Floor
from solalpha.exchange.rows import Fill, FundingCharge, Order, Position
from solalpha.market import costs
from solalpha.market.instruments import to_decimal, to_float
from solalpha.market.positions import unrealised

_ZERO_HASH = "0x" + "0" * 64


def decimal_text(value: Decimal) -> str:
    """Write a decimal as the venue does: plain, at most 8 decimals, one at least."""
    shown = value.quantize(Decimal("0.00000001")).normalize()
    text = format(shown if shown != 0 else ZERO, "f")
    return text if "." in text else f"{text}.0"


def clearinghouse(floor: Floor, address: str) -> dict[str, Any]:
    """Return the account's margin summary and open positions at mark."""
    now = figures(floor.store, address, floor.markets, floor.parameters)
    summary = {
        "accountValue": decimal_text(now.value_usd),
        "totalNtlPos": decimal_text(now.notional_usd),
        "totalRawUsd": decimal_text(now.raw_usd),
        "totalMarginUsed": decimal_text(now.margin_used_usd),
    }
    positions = floor.store.positions(address)
    return {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "crossMaintenanceMarginUsed": decimal_text(now.maintenance_usd),
        "withdrawable": decimal_text(now.withdrawable_usd),
        "time": floor.time_ms,
        "assetPositions": [
            {"type": "oneWay", "position": _position(floor, position, now)}
            for position in positions
        ],
    }


def _position(floor: Floor, position: Position, now: Figures) -> dict[str, Any]:
    market = floor.markets[position.coin]
    mark = market.mark_price
    leverage = leverage_of(
        floor.store, position.address, position.coin, floor.parameters
    )
    profit = unrealised(position.size, position.entry_price, mark)
    margin = abs(position.size) * mark / leverage
    return {
        "coin": position.coin,
        "szi": decimal_text(position.size),
        "leverage": {"type": "cross", "value": int(leverage)},
        "entryPx": decimal_text(position.entry_price),
        "positionValue": decimal_text(abs(position.size) * mark),
        "unrealizedPnl": decimal_text(profit),
        "returnOnEquity": decimal_text(profit / margin),
        "liquidationPx": _liquidation_text(floor, position, now),
        "marginUsed": decimal_text(margin),
        "maxLeverage": market.instrument.max_leverage,
        "cumFunding": {
            "allTime": decimal_text(position.funding_all_usd),
            "sinceOpen": decimal_text(position.funding_open_usd),
            "sinceChange": decimal_text(position.funding_open_usd),
        },
    }


def _liquidation_text(floor: Floor, position: Position, now: Figures) -> str | None:
    price = costs.liquidation_price_cross(
        to_float(position.size),
        to_float(floor.markets[position.coin].mark_price),
        to_float(now.value_usd),
        to_float(now.maintenance_usd),
        floor.parameters.maintenance_margin_rate,
    )
    return None if math.isnan(price) else decimal_text(to_decimal(price))


def plain_order(order: Order) -> dict[str, Any]:
    """Return an order as ``openOrders`` lists it."""
    found: dict[str, Any] = {
        "coin": order.coin,
        "side": "B" if order.is_buy else "A",
        "limitPx": decimal_text(order.limit_price),
        "sz": decimal_text(order.size),
        "oid": order.oid,
        "timestamp": order.placed_ms,
        "origSz": decimal_text(order.original_size),
    }
    if order.cloid is not None:
        found["cloid"] = order.cloid
    return found | ({"reduceOnly": True} if order.is_reduce_only else {})


def frontend_order(order: Order) -> dict[str, Any]:
    """Return an order as ``frontendOpenOrders`` lists it, trigger included."""
    condition, trigger = "N/A", ZERO
    if order.trigger_price is not None:
        fires_above = order.is_buy == (order.trigger_kind == "sl")
        trigger = order.trigger_price
        condition = f"Price {'above' if fires_above else 'below'} {trigger:f}"
    return plain_order(order) | {
        "triggerCondition": condition,
        "isTrigger": order.trigger_price is not None,
        "triggerPx": decimal_text(trigger),
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": order.is_reduce_only,
        "orderType": _order_type(order),
        "tif": order.tif,
        "cloid": order.cloid,
    }


def order_record(order: Order) -> dict[str, Any]:
    """Return an order as ``orderStatus`` answers it."""
    return {
        "order": frontend_order(order),
        "status": order.status,
        "statusTimestamp": order.status_ms,
    }


def fill(row: Fill) -> dict[str, Any]:
    """Return a fill as ``userFills`` lists it."""
    found: dict[str, Any] = {
        "coin": row.coin,
        "px": decimal_text(row.price),
        "sz": decimal_text(row.size),
        "side": "B" if row.is_buy else "A",
        "time": row.time_ms,
        "startPosition": decimal_text(row.start_position),
        "dir": row.direction,
        "closedPnl": decimal_text(row.closed_pnl_usd),
        "hash": _ZERO_HASH,
        "oid": row.oid,
        "crossed": row.is_taker,
        "fee": decimal_text(row.fee_usd),
        "tid": row.tid,
        "feeToken": "USDC",
        "twapId": None,
    }
    if row.cloid is not None:
        found["cloid"] = row.cloid
    if row.is_liquidation:
        found["liquidation"] = {
            "liquidatedUser": row.address,
            "markPx": decimal_text(row.mark_price),
            "method": "market" if row.fee_usd > 0 else "backstop",
        }
    return found


def funding(row: FundingCharge) -> dict[str, Any]:
    """Return a charged settlement as ``userFunding`` lists it; negative was paid."""
    return {
        "time": row.hour_ms,
        "hash": _ZERO_HASH,
        "delta": {
            "type": "funding",
            "coin": row.coin,
            "usdc": decimal_text(row.usd or ZERO),
            "szi": decimal_text(row.size),
            "fundingRate": _rate_text(row.rate or ZERO),
            "nSamples": None,
        },
    }


def _rate_text(rate: Decimal) -> str:
    return format(rate.normalize() if rate != 0 else ZERO, "f")


def _order_type(order: Order) -> str:
    if order.trigger_kind is None:
        return "Limit"
    name = "Stop" if order.trigger_kind == "sl" else "Take Profit"
    return f"{name} {'Market' if order.is_market_trigger else 'Limit'}"
