"""Move a position to its target in legs: reduce first, then add; each leg once.

A further attempt follows only when the one before is proven dead, or, for a
reduction, when it is final and left something. Reductions may widen their bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from solalpha.execution import records, router
from solalpha.execution.reconcile import catch_up
from solalpha.execution.records import OrderRecord, Origin
from solalpha.execution.session import Session
from solalpha.execution.snapshots import AccountState, Market
from solalpha.market.instruments import is_above_minimum, round_size
from solalpha.market.orders import (
    OrderIntent,
    OrderKind,
    OrderState,
    Side,
    client_order_id,
    command_order_id,
)

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """State what orders are for: a decision of a bar, or an operator's command."""

    bar_closed_at: datetime
    decision_id: str | None
    command_id: str | None

    def attempts(self, session: Session, leg: str) -> list[OrderRecord]:
        """Return the attempts of a leg so far, in order."""
        venue, account = session.key
        key, value = "command_id = ?", self.command_id or self.bar_closed_at
        if self.command_id is None:
            key = "command_id is null and bar_closed_at = ?"
        found = session.ledger.rows(
            f"select order_id from orders where venue = ? and account = ? and coin = ? "
            f"and {key} and leg = ? order by attempt",
            (venue, account, session.coin, value, leg),
        )
        return [records.required(session.ledger, row["order_id"]) for row in found]

    def order_id(self, session: Session, leg: str, attempt: int) -> str:
        """Return the identity of an attempt of a leg."""
        venue, account = session.key
        if self.command_id is not None:
            return command_order_id(
                venue=venue,
                account=account,
                coin=session.coin,
                command_id=self.command_id,
                leg=leg,
                attempt=attempt,
            )
        return client_order_id(
            venue=venue,
            account=account,
            coin=session.coin,
            bar_closed_at=self.bar_closed_at,
            leg=leg,
            attempt=attempt,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """State how far the legs came; ``is_resolved`` is False while one is in doubt."""

    account: AccountState
    is_resolved: bool


async def move_to(
    session: Session, task: Task, target: Decimal, account: AccountState
) -> Outcome:
    """Trade from the account's position to ``target``, signed base units."""
    position = account.size_of(session.coin)
    if _reduces(position, target):
        goal = target if position * target > 0 else ZERO
        outcome = await reduce(session, task, "exit", goal, account)
        if not outcome.is_resolved:
            return outcome
        account = outcome.account
        position = account.size_of(session.coin)
    if target == 0 or abs(target) <= abs(position) or position * target < 0:
        return Outcome(account=account, is_resolved=True)
    return await _enter(session, task, target, account)


async def reduce(
    session: Session, task: Task, leg: str, goal: Decimal, account: AccountState
) -> Outcome:
    """Bring the position down to ``goal`` (same side, or 0), reduce-only."""
    limit = session.parameters.order_attempts
    while True:
        attempts = task.attempts(session, leg)
        if attempts and not attempts[-1].state.is_final:
            return Outcome(account=account, is_resolved=False)
        position = account.size_of(session.coin)
        size = abs(position) - abs(goal)
        sent = _count_sent(attempts)
        if size <= 0 or sent >= limit:
            return Outcome(account=account, is_resolved=True)
        market = await session.venue.market(session.coin)
        is_whole = goal == 0
        if not is_whole and not is_above_minimum(
            market.instrument, size, market.mark_price
        ):
            return Outcome(account=account, is_resolved=True)
        await _place(
            session,
            task,
            market,
            leg=leg,
            attempt=len(attempts),
            kind=OrderKind.EXIT,
            side=Side.SELL if position > 0 else Side.BUY,
            size=size,
            widening=sent + 1,
        )
        account, _, _ = await catch_up(session)


async def _enter(
    session: Session, task: Task, target: Decimal, account: AccountState
) -> Outcome:
    while True:
        attempts = task.attempts(session, "entry")
        if attempts and not attempts[-1].state.is_final:
            return Outcome(account=account, is_resolved=False)
        is_tried = any(record.state is not OrderState.DEAD for record in attempts)
        if is_tried or _count_sent(attempts) >= session.parameters.order_attempts:
            return Outcome(account=account, is_resolved=True)
        market = await session.venue.market(session.coin)
        size = round_size(
            market.instrument, abs(target) - abs(account.size_of(session.coin))
        )
        side = Side.BUY if target > 0 else Side.SELL
        limit = _limit(session, market, side, widening=1)
        if market.mid_price is None or not is_above_minimum(
            market.instrument, size, limit
        ):
            return Outcome(account=account, is_resolved=True)
        await _place(
            session,
            task,
            market,
            leg="entry",
            attempt=len(attempts),
            kind=OrderKind.ENTRY,
            side=side,
            size=size,
            widening=1,
        )
        account, _, _ = await catch_up(session)


async def _place(
    session: Session,
    task: Task,
    market: Market,
    *,
    leg: str,
    attempt: int,
    kind: OrderKind,
    side: Side,
    size: Decimal,
    widening: int,
) -> OrderRecord:
    venue, account = session.key
    intent = OrderIntent(
        order_id=task.order_id(session, leg, attempt),
        venue=venue,
        account=account,
        coin=session.coin,
        bar_closed_at=task.bar_closed_at,
        leg=leg,
        attempt=attempt,
        side=side,
        size_base=size,
        limit_price=_limit(session, market, side, widening),
        trigger_price=None,
        is_reduce_only=kind is OrderKind.EXIT,
        kind=kind,
    )
    origin = Origin(
        decision_id=task.decision_id,
        command_id=task.command_id,
        mid_at_decision=market.mid_price,
    )
    return await router.place(session, market, intent, origin)


def _limit(session: Session, market: Market, side: Side, widening: int) -> Decimal:
    bound = session.parameters.order_bound_bps
    return router.aggressive_limit(market, side, bound, widening)


def _reduces(position: Decimal, target: Decimal) -> bool:
    return position != 0 and (position * target <= 0 or abs(target) < abs(position))


def _count_sent(attempts: list[OrderRecord]) -> int:
    return sum(record.expires_ms is not None for record in attempts)
