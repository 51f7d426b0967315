"""Send an order once, learn what became of it, cancel: never guess, never resend.

An intent is committed before it is sent. What is left in doubt is looked up by
its client order id until it is found, or until its expiry has passed and neither
the venue's orders nor its fills know it: only then is it dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from solalpha.clock import EPOCH, from_ms
from solalpha.errors import VenueError
from solalpha.execution import parsing, records
from solalpha.execution.records import OrderRecord, Origin
from solalpha.execution.session import Session
from solalpha.execution.snapshots import Market, VenueOrder
from solalpha.hyperliquid.signing import number_text
from solalpha.market.instruments import round_price, to_decimal
from solalpha.market.orders import OrderIntent, OrderState, Side

# After an order's expiry the venue's own clock may still lag this much.
EXPIRY_MARGIN_MS = 2_000
FILL_OVERLAP = timedelta(seconds=60)
_LOOKUP_EVERY_S = 1.0
_STOP_TOLERANCE = Decimal("0.10")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """State what a reply says of the one order that was sent; None is in doubt."""

    state: OrderState | None
    oid: int | None
    reason: str | None


def aggressive_limit(
    market: Market, side: Side, bound_bps: float, widening: int
) -> Decimal:
    """Return a legal price that crosses the spread but not by more than the bound.

    Parameters
    ----------
    bound_bps : float
        Farthest distance from the mid, basis points.
    widening : int
        Multiple of the bound, at least 1.
    """
    middle = market.mid_price or market.mark_price
    away = to_decimal(bound_bps) / 10_000 * widening
    return round_price(market.instrument, middle * (1 + side.sign * away), side)


def stop_limit(market: Market, trigger: Decimal, side: Side) -> Decimal:
    """Return the limit of a stop: the venue's tolerance beyond its trigger."""
    return round_price(
        market.instrument, trigger * (1 + side.sign * _STOP_TOLERANCE), side
    )


async def place(
    session: Session, market: Market, intent: OrderIntent, origin: Origin
) -> OrderRecord:
    """Commit ``intent``, send it and return what became of it.

    The state of the returned order is ``unknown`` where even looking it up failed.
    """
    session.checkpoint("before_intent")
    record = records.intend(session.ledger, intent, origin, session.moment())
    session.checkpoint("after_intent")
    if record.state is OrderState.INTENDED:
        nonce, expires = records.mark_sent(
            session.ledger,
            intent.order_id,
            at=session.moment(),
            wall_ms=session.wall_ms(),
            life_ms=session.life_ms,
        )
        session.checkpoint("after_sent")
        reply = await session.venue.send(
            order_action(market, intent), nonce=nonce, expires_ms=expires
        )
        session.checkpoint("after_reply")
        answer = _doubt(reply.refusal or reply.doubt)
        if reply.statuses is not None:
            answer = _answer(reply.statuses, intent)
        record = _acknowledged(session, intent.order_id, answer)
        session.checkpoint("after_acknowledge")
        if reply.refusal is not None and (await _known(session, record)) is False:
            return _moved(session, record, OrderState.REJECTED, reply.refusal)
    return await resolve(session, record)


async def resolve(session: Session, record: OrderRecord) -> OrderRecord:
    """Look an order up until it is found or proven dead; return it as it stands."""
    record = records.required(session.ledger, record.intent.order_id)
    while record.state in (OrderState.SENT, OrderState.UNKNOWN):
        deadline = (record.expires_ms or 0) + EXPIRY_MARGIN_MS
        is_over = session.wall_ms() > deadline
        try:
            found = await session.venue.order(record.intent.order_id)
            if found is not None:
                return _applied(session, record, found)
            if is_over and not await _has_fill(session, record):
                return _moved(session, record, OrderState.DEAD, "never landed")
            if is_over:
                return _moved(session, record, OrderState.FILLED, None)
        except VenueError as error:
            if is_over:
                return _moved(session, record, OrderState.UNKNOWN, str(error))
        await session.pause(_LOOKUP_EVERY_S)
    return record


async def settle(session: Session, record: OrderRecord) -> OrderRecord:
    """Ask what became of an order that rested; it stays as it is if nobody knows."""
    found = await session.venue.order(record.intent.order_id)
    return record if found is None else _applied(session, record, found)


async def settle_closed(session: Session, record: OrderRecord) -> OrderRecord:
    """Ask what became of an order that rested and is not listed as open any more.

    The venue forgets orders after some thousand newer ones, but never open ones.
    """
    found = await session.venue.order(record.intent.order_id)
    if found is None:
        return _moved(session, record, OrderState.CANCELLED, "forgotten by the venue")
    return _applied(session, record, found)


async def cancel(session: Session, market: Market, record: OrderRecord) -> OrderRecord:
    """Cancel a resting order and return what the venue then says of it."""
    order_id = record.intent.order_id
    session.checkpoint("before_cancel")
    with session.ledger.transaction():
        nonce = records.next_nonce(
            session.ledger, record.intent.account, session.wall_ms()
        )
        session.ledger.note(session.moment(), "cancel", order_id, {"nonce": nonce})
    action = {
        "type": "cancelByCloid",
        "cancels": [{"asset": market.asset, "cloid": order_id}],
    }
    await session.venue.send(
        action, nonce=nonce, expires_ms=session.wall_ms() + session.life_ms
    )
    session.checkpoint("after_cancel")
    # Whatever was answered, only the venue's own record of the order counts.
    return await settle(session, record)


def order_action(market: Market, intent: OrderIntent) -> dict[str, Any]:
    """Return the action of one order with its keys in the venue's order."""
    kind: dict[str, Any] = {"limit": {"tif": "Ioc"}}
    if intent.trigger_price is not None:
        kind = {
            "trigger": {
                "isMarket": True,
                "triggerPx": number_text(intent.trigger_price),
                "tpsl": "sl",
            }
        }
    wire = {
        "a": market.asset,
        "b": intent.side is Side.BUY,
        "p": number_text(intent.limit_price),
        "s": number_text(intent.size_base),
        "r": intent.is_reduce_only,
        "t": kind,
        "c": intent.order_id,
    }
    return {"type": "order", "orders": [wire], "grouping": "na"}


def _answer(statuses: tuple[Any, ...], intent: OrderIntent) -> _Answer:
    where = "exchange.statuses"
    try:
        if len(statuses) != 1 or not isinstance(statuses[0], dict):
            return _doubt(f"{where} has another shape")
        status = statuses[0]
        if "error" in status:
            text = parsing.text(status["error"], where)
            return _Answer(state=OrderState.REJECTED, oid=None, reason=text)
        if "resting" in status:
            found = parsing.mapping(status["resting"], where)
            oid = parsing.integer(found.get("oid"), where)
            return _Answer(state=OrderState.RESTING, oid=oid, reason=None)
        found = parsing.mapping(status.get("filled"), where)
        size = parsing.above_zero(found.get("totalSz"), where)
        oid = parsing.integer(found.get("oid"), where)
    except VenueError as error:
        return _doubt(str(error))
    if size < intent.size_base:
        return _Answer(state=OrderState.CANCELLED, oid=oid, reason="partly filled")
    return _Answer(state=OrderState.FILLED, oid=oid, reason=None)


def _doubt(reason: str | None) -> _Answer:
    return _Answer(state=None, oid=None, reason=reason)


def _acknowledged(session: Session, order_id: str, answer: _Answer) -> OrderRecord:
    return records.move(
        session.ledger,
        order_id,
        answer.state or OrderState.UNKNOWN,
        at=session.moment(),
        venue_order_id=answer.oid,
        reason=answer.reason,
    )


def _applied(session: Session, record: OrderRecord, found: VenueOrder) -> OrderRecord:
    return records.move(
        session.ledger,
        record.intent.order_id,
        found.state,
        at=session.moment(),
        venue_order_id=found.oid,
        reason=None if found.state is OrderState.FILLED else found.status,
    )


def _moved(
    session: Session, record: OrderRecord, state: OrderState, reason: str | None
) -> OrderRecord:
    return records.move(
        session.ledger,
        record.intent.order_id,
        state,
        at=session.moment(),
        venue_order_id=None,
        reason=reason,
    )


def fills_seen_until(session: Session) -> datetime:
    """Return the venue's time of the newest fill that the ledger holds."""
    seen = session.ledger.counter(fill_counter(session))
    return max(from_ms(seen), EPOCH + FILL_OVERLAP)


def fill_counter(session: Session) -> str:
    """Return the name of the counter that says up to when fills were read."""
    return ":".join(("fills", *session.key))


async def _known(session: Session, record: OrderRecord) -> bool | None:
    try:
        return await session.venue.order(record.intent.order_id) is not None
    except VenueError:
        return None


async def _has_fill(session: Session, record: OrderRecord) -> bool:
    fills = await session.venue.fills_since(fills_seen_until(session) - FILL_OVERLAP)
    return any(row.cloid == record.intent.order_id for row in fills)
