"""Turn the replies about an account's orders into typed ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solalpha.hyperliquid import fields
from solalpha.hyperliquid.account_replies import OpenOrder, OrderRecord
from solalpha.hyperliquid.parsing_account import order_side


def parse_open_orders(body: Any) -> tuple[OpenOrder, ...]:
    """Return the resting orders in the reply's order.

    Raises
    ------
    VenueError
        If the reply is not a list of orders.
    """
    return fields.strict(body, _order, "openOrders")


def parse_history(body: Any) -> tuple[OrderRecord, ...]:
    """Return past orders and their last status, in the reply's order.

    Raises
    ------
    VenueError
        If the reply is not a list of orders.
    """
    return fields.strict(body, _record, "historicalOrders")


def parse_order_status(body: Any) -> OrderRecord | None:
    """Return the order, None where the venue does not know its id.

    Unknown means that it never landed, or that some 2000 newer orders have pushed
    it out: hold it against the fills before an order is sent again.

    Raises
    ------
    VenueError
        If the reply is neither.
    """
    kind = "orderStatus"
    row = fields.mapping(body, kind)
    status = fields.text(row, "status", kind)
    if status == "unknownOid":
        return None
    if status != "order":
        raise fields.unexpected(f"{kind}.status", status, "order or unknownOid")
    return _record(fields.mapping(row.get("order"), kind))


def _record(row: Mapping[str, Any]) -> OrderRecord:
    kind = "historicalOrders"
    return OrderRecord(
        order=_order(fields.mapping(row.get("order"), f"{kind}.order")),
        status=fields.text(row, "status", kind),
        status_at=fields.moment(row, "statusTimestamp", kind),
    )


def _order(row: Mapping[str, Any]) -> OpenOrder:
    kind = "openOrders"
    has_trigger = "isTrigger" in row
    return OpenOrder(
        coin=fields.text(row, "coin", kind),
        side=order_side(row, kind),
        limit_price=fields.number(row, "limitPx", kind),
        size=fields.number(row, "sz", kind),
        original_size=fields.optional_number(row, "origSz", kind),
        order_id=fields.integer(row, "oid", kind),
        client_order_id=fields.optional_text(row, "cloid", kind),
        placed_at=fields.moment(row, "timestamp", kind),
        is_reduce_only=fields.flag(row, "reduceOnly", kind),
        is_trigger=fields.flag(row, "isTrigger", kind) if has_trigger else None,
        trigger_price=fields.optional_number(row, "triggerPx", kind),
        order_type=fields.optional_text(row, "orderType", kind),
        time_in_force=fields.optional_text(row, "tif", kind),
    )
