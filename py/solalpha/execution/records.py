"""What the ledger keeps of orders and fills, and how their states change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from solalpha.execution.ledger import Ledger
from solalpha.market.orders import Fill, OrderIntent, OrderKind, OrderState, Side

ZERO = Decimal(0)
LIVE_STATES = (OrderState.SENT, OrderState.UNKNOWN, OrderState.RESTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """State what an intent comes from: a decision, or an operator's command."""

    decision_id: str | None
    command_id: str | None
    mid_at_decision: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """State an intent with what became of it; ``expires_ms`` is wall time."""

    intent: OrderIntent
    origin: Origin
    state: OrderState
    venue_order_id: int | None
    reject_reason: str | None
    expires_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFill:
    """State a fill as the venue reports it, before it is tied to an order of ours."""

    fill: Fill
    venue_order_id: int
    cloid: str | None
    is_liquidation: bool


def intend(
    ledger: Ledger, intent: OrderIntent, origin: Origin, at: datetime
) -> OrderRecord:
    """Commit an intent before anything of it is sent; one already there is returned."""
    with ledger.transaction():
        if record := order(ledger, intent.order_id):
            return record
        row = _intent_row(intent) | {
            "decision_id": origin.decision_id,
            "command_id": origin.command_id,
            "mid_at_decision": origin.mid_at_decision,
            "state": OrderState.INTENDED,
            "intended_at": at,
            "updated_at": at,
        }
        if not ledger.add("orders", row):
            raise RuntimeError(f"intent {intent.order_id} shares another's identity")
        ledger.note(at, "intended", intent.order_id, row)
    return OrderRecord(
        intent=intent,
        origin=origin,
        state=OrderState.INTENDED,
        venue_order_id=None,
        reject_reason=None,
        expires_ms=None,
    )


def mark_sent(
    ledger: Ledger, order_id: str, *, at: datetime, wall_ms: int, life_ms: int
) -> tuple[int, int]:
    """Commit that an order is about to be on the wire.

    Returns
    -------
    tuple
        A nonce that was never used (ms) and the last wall time (ms) at which the
        venue may still accept the order.
    """
    record = required(ledger, order_id)
    with ledger.transaction():
        nonce = next_nonce(ledger, record.intent.account, wall_ms)
        expires = wall_ms + life_ms
        changes = {
            "state": OrderState.SENT,
            "nonce": nonce,
            "expires_ms": expires,
            "sent_at": at,
            "updated_at": at,
        }
        ledger.change("orders", "order_id", order_id, changes)
        ledger.note(at, "sent", order_id, changes)
    return nonce, expires


def next_nonce(ledger: Ledger, account: str, wall_ms: int) -> int:
    """Spend the next nonce of an account: the wall clock, never a used one."""
    name = f"nonce:{account}"
    with ledger.transaction():
        nonce = max(wall_ms, ledger.counter(name) + 1)
        ledger.set_counter(name, nonce)
    return nonce


def move(
    ledger: Ledger,
    order_id: str,
    state: OrderState,
    *,
    at: datetime,
    venue_order_id: int | None,
    reason: str | None,
) -> OrderRecord:
    """Commit a new state of an order; nothing is written where nothing changes."""
    record = required(ledger, order_id)
    oid = record.venue_order_id if venue_order_id is None else venue_order_id
    text = record.reject_reason if reason is None else reason
    if (state, oid, text) != (
        record.state,
        record.venue_order_id,
        record.reject_reason,
    ):
        changes = {
            "state": state,
            "venue_order_id": oid,
            "reject_reason": text,
            "updated_at": at,
        }
        with ledger.transaction():
            ledger.change("orders", "order_id", order_id, changes)
            ledger.note(at, str(state), order_id, changes)
    return required(ledger, order_id)


def book_fill(ledger: Ledger, found: VenueFill, at: datetime) -> OrderRecord | None:
    """Book a fill once, by its identity; return the order it belongs to, if ours.

    Returns None for a fill that no order of ours explains, which the caller has
    to judge; a fill that is already booked is left as it is.
    """
    fill = found.fill
    owner = _owner(ledger, found)
    row = {
        "fill_id": fill.fill_id,
        "order_id": None if owner is None else owner.intent.order_id,
        "venue": fill.venue,
        "account": fill.account,
        "coin": fill.coin,
        "side": fill.side,
        "size_base": fill.size_base,
        "price": fill.price,
        "fee_usd": fill.fee_usd,
        "mid_at_decision": None if owner is None else owner.origin.mid_at_decision,
        "is_taker": fill.is_taker,
        "is_liquidation": found.is_liquidation,
        "venue_order_id": found.venue_order_id,
        "filled_at": fill.filled_at,
    }
    with ledger.transaction():
        if ledger.add("fills", row):
            ledger.note(at, "fill", fill.fill_id, row)
    return owner


def is_booked(ledger: Ledger, fill_id: str) -> bool:
    """Tell whether a fill is in the ledger."""
    return bool(ledger.rows("select 1 from fills where fill_id = ?", (fill_id,)))


def filled_size(ledger: Ledger, order_id: str) -> Decimal:
    """Return the base units that an order has been filled, unsigned."""
    found = ledger.rows("select size_base from fills where order_id = ?", (order_id,))
    return sum((row["size_base"] for row in found), ZERO)


def position(ledger: Ledger, venue: str, account: str, coin: str) -> Decimal:
    """Return the signed position that fills and adjustments add up to."""
    key = (venue, account, coin)
    where = "venue = ? and account = ? and coin = ?"
    fills = ledger.rows(f"select side, size_base from fills where {where}", key)
    made = ledger.rows(f"select size_base from adjustments where {where}", key)
    total = sum((Side(row["side"]).sign * row["size_base"] for row in fills), ZERO)
    return total + sum((row["size_base"] for row in made), ZERO)


def known_coins(ledger: Ledger, venue: str, account: str) -> set[str]:
    """Return the coins in which the ledger has fills or adjustments."""
    found = ledger.rows(
        "select coin from fills where venue = ? and account = ? union "
        "select coin from adjustments where venue = ? and account = ?",
        (venue, account, venue, account),
    )
    return {row["coin"] for row in found}


def order(ledger: Ledger, order_id: str) -> OrderRecord | None:
    """Return an order by its identity, None where there is none."""
    found = ledger.rows("select * from orders where order_id = ?", (order_id,))
    return _record(found[0]) if found else None


def required(ledger: Ledger, order_id: str) -> OrderRecord:
    """Return an order that must be there."""
    record = order(ledger, order_id)
    if record is None:
        raise RuntimeError(f"order {order_id} is not in the ledger")
    return record


def in_states(
    ledger: Ledger, venue: str, account: str, states: tuple[OrderState, ...]
) -> list[OrderRecord]:
    """Return the account's orders in any of ``states``, oldest first."""
    marks = ", ".join("?" for _ in states)
    found = ledger.rows(
        f"select * from orders where venue = ? and account = ? and state in ({marks}) "
        "order by intended_at, rowid",
        (venue, account, *states),
    )
    return [_record(row) for row in found]


def legs(ledger: Ledger, key: str, value: str, leg: str) -> list[OrderRecord]:
    """Return the attempts of a leg by ``decision_id`` or ``command_id``, in order."""
    found = ledger.rows(
        f"select * from orders where {key} = ? and leg = ? order by attempt",
        (value, leg),
    )
    return [_record(row) for row in found]


def _owner(ledger: Ledger, found: VenueFill) -> OrderRecord | None:
    if found.cloid is not None:
        return order(ledger, found.cloid)
    rows = ledger.rows(
        "select * from orders where venue = ? and account = ? and venue_order_id = ?",
        (found.fill.venue, found.fill.account, found.venue_order_id),
    )
    return _record(rows[0]) if rows else None


def _intent_row(intent: OrderIntent) -> dict[str, Any]:
    return {
        "order_id": intent.order_id,
        "venue": intent.venue,
        "account": intent.account,
        "coin": intent.coin,
        "bar_closed_at": intent.bar_closed_at,
        "leg": intent.leg,
        "attempt": intent.attempt,
        "side": intent.side,
        "size_base": intent.size_base,
        "limit_price": intent.limit_price,
        "trigger_price": intent.trigger_price,
        "is_reduce_only": intent.is_reduce_only,
        "kind": intent.kind,
    }


def _record(row: Mapping[str, Any]) -> OrderRecord:
    intent = OrderIntent(
        order_id=row["order_id"],
        venue=row["venue"],
        account=row["account"],
        coin=row["coin"],
        bar_closed_at=row["bar_closed_at"],
        leg=row["leg"],
        attempt=row["attempt"],
        side=Side(row["side"]),
        size_base=row["size_base"],
        limit_price=row["limit_price"],
        trigger_price=row["trigger_price"],
        is_reduce_only=row["is_reduce_only"],
        kind=OrderKind(row["kind"]),
    )
    return OrderRecord(
        intent=intent,
        origin=Origin(
            decision_id=row["decision_id"],
            command_id=row["command_id"],
            mid_at_decision=row["mid_at_decision"],
        ),
        state=OrderState(row["state"]),
        venue_order_id=row["venue_order_id"],
        reject_reason=row["reject_reason"],
        expires_ms=row["expires_ms"],
    )
