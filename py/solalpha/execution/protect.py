"""Keep a protective stop at the venue while there is a position, and none without.

The stop lies the deciding bar's distance from the average entry price, is
reduce-only and covers the whole position. A new one stands before the old one
goes, except within one bar, where the old one must be proven gone first. A
position that cannot be protected is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from solalpha.execution import records, router, standing
from solalpha.execution.decisions import latest_stop_distance
from solalpha.execution.legs import Outcome, Task, reduce
from solalpha.execution.reconcile import catch_up
from solalpha.execution.records import OrderRecord, Origin
from solalpha.execution.session import Session
from solalpha.execution.snapshots import AccountState, HeldPosition, Market, OpenOrder
from solalpha.market.instruments import round_price
from solalpha.market.orders import OrderIntent, OrderKind, OrderState, Side

ZERO = Decimal(0)
LEG = "stop"
_UNPROTECTED_LEG = "unprotected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """State the stop that a position should have."""

    side: Side
    size_base: Decimal
    trigger_price: Decimal
    decision_id: str


async def protect(session: Session, task: Task, account: AccountState) -> Outcome:
    """Place, replace or remove the stop so that it fits the account's position."""
    market = await session.venue.market(session.coin)
    wanted = wanted_stop(session, market, account)
    open_orders = {row.oid: row for row in await session.venue.open_orders()}
    live = _live_stops(session, open_orders)
    if wanted is None:
        return await _cancelled(session, market, live, account)
    fitting = [record for record in live if _fits(record, wanted, open_orders)]
    if fitting:
        others = [record for record in live if record is not fitting[0]]
        return await _cancelled(session, market, others, account)
    return await _replace(session, task, market, wanted, live=live, account=account)


def wanted_stop(session: Session, market: Market, account: AccountState) -> Stop | None:
    """Return the stop that the account should have, None for none."""
    held = _held(account, session.coin)
    entry = latest_stop_distance(session.ledger, *session.key, session.coin)
    if held is None or entry is None or entry[1] is None:
        return None
    side = Side.SELL if held.size_base > 0 else Side.BUY
    price = held.entry_price + side.sign * entry[1]
    if price <= 0:
        return None
    return Stop(
        side=side,
        size_base=abs(held.size_base),
        trigger_price=round_price(market.instrument, price, side),
        decision_id=entry[0],
    )


async def _replace(
    session: Session,
    task: Task,
    market: Market,
    wanted: Stop,
    *,
    live: list[OrderRecord],
    account: AccountState,
) -> Outcome:
    same_bar = [r for r in live if r.intent.bar_closed_at == task.bar_closed_at]
    outcome = await _cancelled(session, market, same_bar, account)
    attempts = task.attempts(session, LEG)
    if not outcome.is_resolved or _is_in_doubt(attempts):
        return Outcome(account=account, is_resolved=False)
    for attempt in range(
        len(attempts), len(attempts) + session.parameters.order_attempts
    ):
        record = await _place(session, task, market, wanted, attempt)
        if record.state in (OrderState.RESTING, OrderState.FILLED):
            old = [r for r in live if r not in same_bar]
            return await _cancelled(session, market, old, account)
        if not record.state.is_final:
            return Outcome(account=account, is_resolved=False)
        account, _, _ = await catch_up(session)
        if account.size_of(session.coin) == 0:
            return Outcome(account=account, is_resolved=True)
        if record.state is OrderState.REJECTED:
            break
    standing.record_notice(
        session.ledger,
        *session.key,
        code="stop_missing",
        detail=f"{session.coin}: no stop at {wanted.trigger_price}, closing",
        at=session.moment(),
    )
    return await reduce(session, task, _UNPROTECTED_LEG, ZERO, account)


async def _place(
    session: Session, task: Task, market: Market, wanted: Stop, attempt: int
) -> OrderRecord:
    venue, account = session.key
    intent = OrderIntent(
        order_id=task.order_id(session, LEG, attempt),
        venue=venue,
        account=account,
        coin=session.coin,
        bar_closed_at=task.bar_closed_at,
        leg=LEG,
        attempt=attempt,
        side=wanted.side,
        size_base=wanted.size_base,
        limit_price=router.stop_limit(market, wanted.trigger_price, wanted.side),
        trigger_price=wanted.trigger_price,
        is_reduce_only=True,
        kind=OrderKind.STOP,
    )
    origin = Origin(
        decision_id=wanted.decision_id,
        command_id=task.command_id,
        mid_at_decision=market.mid_price,
    )
    return await router.place(session, market, intent, origin)


async def _cancelled(
    session: Session,
    market: Market,
    orders: list[OrderRecord],
    account: AccountState,
) -> Outcome:
    is_resolved = True
    for record in orders:
        after = await router.cancel(session, market, record)
        is_resolved = is_resolved and after.state.is_final
    return Outcome(account=account, is_resolved=is_resolved)


def _live_stops(
    session: Session, open_orders: dict[int, OpenOrder]
) -> list[OrderRecord]:
    resting = records.in_states(session.ledger, *session.key, (OrderState.RESTING,))
    return [
        record
        for record in resting
        if record.intent.kind is OrderKind.STOP
        and record.intent.coin == session.coin
        and record.venue_order_id in open_orders
    ]


def _fits(record: OrderRecord, wanted: Stop, open_orders: dict[int, OpenOrder]) -> bool:
    listed = open_orders[record.venue_order_id or 0]
    return (
        record.intent.side is wanted.side
        and record.intent.trigger_price == wanted.trigger_price
        and listed.size_base == wanted.size_base
    )


def _is_in_doubt(attempts: list[OrderRecord]) -> bool:
    doubtful = (OrderState.SENT, OrderState.UNKNOWN)
    return any(record.state in doubtful for record in attempts)


def _held(account: AccountState, coin: str) -> HeldPosition | None:
    found = [row for row in account.positions if row.coin == coin]
    return found[0] if found and found[0].size_base != 0 else None
