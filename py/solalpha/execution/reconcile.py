"""Make the ledger agree with the venue before anything is decided.

The venue's account, orders and fills are the truth. Fills are booked once by
their identity; what no order of ours explains is a problem that locks the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from solalpha.clock import EPOCH, from_ms, to_ms
from solalpha.errors import VenueError
from solalpha.execution import records, router, standing
from solalpha.execution.records import LIVE_STATES, OrderRecord, VenueFill
from solalpha.execution.session import Session
from solalpha.execution.snapshots import AccountState, Market, OpenOrder
from solalpha.market.orders import OrderState

_LAG_ROUNDS = 3
_LAG_S = 1.0
_FUNDING_OVERLAP = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """State what the venue holds and the ledger cannot explain."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """State the account after reconciliation; ``unresolved`` orders are in doubt."""

    market: Market
    account: AccountState
    open_orders: tuple[OpenOrder, ...]
    unresolved: tuple[OrderRecord, ...]
    problems: tuple[Problem, ...]
    count_fills: int

    @property
    def position_base(self) -> Decimal:
        """Signed position in the traded coin."""
        return self.account.size_of(self.market.instrument.coin)


async def reconcile(session: Session) -> Standing:
    """Resolve, book and compare, and return how the account stands.

    Raises
    ------
    VenueError
        If the venue cannot be read, or its clock is too far from ours.
    """
    await _require_common_clock(session)
    market = await session.venue.market(session.coin)
    if not standing.has_met(session.ledger, *session.key):
        await _meet(session)
    _bury_unsent(session)
    for record in _in_states(session, OrderState.SENT, OrderState.UNKNOWN):
        await router.resolve(session, record)
    problems, count = await book_fills(session)
    await _book_funding(session)
    listed = await session.venue.open_orders()
    problems += await _settle_resting(session, listed)
    account, more, added = await catch_up(session)
    problems += more
    session.checkpoint("reconciled")
    return Standing(
        market=market,
        account=account,
        open_orders=tuple(listed),
        unresolved=tuple(_in_states(session, OrderState.SENT, OrderState.UNKNOWN)),
        problems=tuple(dict.fromkeys(problems)),
        count_fills=count + added,
    )


async def book_fills(session: Session) -> tuple[list[Problem], int]:
    """Book every fill since the last one seen; return problems and how many are new."""
    counter = router.fill_counter(session)
    since = router.fills_seen_until(session) - router.FILL_OVERLAP
    found = await session.venue.fills_since(since)
    problems, count = [], 0
    with session.ledger.transaction():
        for row in found:
            if records.is_booked(session.ledger, row.fill.fill_id):
                continue
            owner = records.book_fill(session.ledger, row, session.moment())
            found_problems = _judged(row, owner)
            _lock(session, found_problems)
            problems += found_problems
            count += 1
            if owner is not None:
                _complete(session, owner)
        if found:
            newest = max(to_ms(row.fill.filled_at) for row in found)
            if newest > session.ledger.counter(counter):
                session.ledger.set_counter(counter, newest)
    session.checkpoint("after_fills")
    return problems, count


def _lock(session: Session, problems: list[Problem]) -> None:
    for problem in problems:
        standing.halt(
            session.ledger,
            *session.key,
            code=problem.code,
            detail=problem.detail,
            at=session.moment(),
        )


def _judged(row: VenueFill, owner: OrderRecord | None) -> list[Problem]:
    fill = row.fill
    shown = f"{fill.side} {fill.size_base} {fill.coin} at {fill.price}"
    if row.is_liquidation:
        return [Problem(code="liquidation", detail=shown)]
    if owner is None:
        detail = f"{shown}, oid {row.venue_order_id}, no order of ours"
        return [Problem(code="foreign_fill", detail=detail)]
    if owner.state in (OrderState.DEAD, OrderState.REJECTED):
        detail = f"{shown} of {owner.intent.order_id}, which is {owner.state}"
        return [Problem(code="late_fill", detail=detail)]
    if owner.venue_order_id not in (None, row.venue_order_id):
        detail = f"{owner.intent.order_id} has two orders at the venue"
        return [Problem(code="duplicate_order", detail=detail)]
    return []


def _complete(session: Session, owner: OrderRecord) -> None:
    order_id = owner.intent.order_id
    filled = records.filled_size(session.ledger, order_id)
    is_live = records.required(session.ledger, order_id).state in LIVE_STATES
    if is_live and filled >= owner.intent.size_base:
        records.move(
            session.ledger,
            order_id,
            OrderState.FILLED,
            at=session.moment(),
            venue_order_id=None,
            reason=None,
        )


async def _require_common_clock(session: Session) -> None:
    server = await session.venue.server_at()
    apart = abs((server - session.wall()).total_seconds())
    if apart > session.parameters.order_expiry_s:
        raise VenueError(
            f"the venue's clock is {apart:.0f} s from ours; expected at most "
            f"{session.parameters.order_expiry_s} s: set this machine's clock"
        )


async def _meet(session: Session) -> None:
    # What the account did before we knew it is history, not a problem.
    fills = await session.venue.fills_since(EPOCH)
    state = await session.venue.state()
    standing.make_first_contact(
        session.ledger, *session.key, fills=fills, state=state, at=session.moment()
    )
    newest = max((to_ms(row.fill.filled_at) for row in fills), default=0)
    session.ledger.set_counter(router.fill_counter(session), newest)


def _bury_unsent(session: Session) -> None:
    # An intent is marked as sent before it is on the wire: one that is not never was.
    for record in _in_states(session, OrderState.INTENDED):
        records.move(
            session.ledger,
            record.intent.order_id,
            OrderState.DEAD,
            at=session.moment(),
            venue_order_id=None,
            reason="never sent",
        )


def _in_states(session: Session, *states: OrderState) -> list[OrderRecord]:
    return records.in_states(session.ledger, *session.key, states)


async def _book_funding(session: Session) -> None:
    counter = ":".join(("funding", *session.key))
    seen = from_ms(session.ledger.counter(counter))
    paid = await session.venue.funding_since(max(seen - _FUNDING_OVERLAP, EPOCH))
    venue, account = session.key
    with session.ledger.transaction():
        for coin, at, usd in paid:
            row = {"venue": venue, "account": account, "coin": coin, "paid_at": at}
            if session.ledger.add("funding", row | {"usd": usd}):
                session.ledger.note(session.moment(), "funding", coin, {"usd": usd})
            session.ledger.set_counter(counter, max(to_ms(at), to_ms(seen)))


async def _settle_resting(session: Session, listed: list[OpenOrder]) -> list[Problem]:
    problems: list[Problem] = []
    resting = _in_states(session, OrderState.RESTING)
    open_oids = {row.oid for row in listed}
    for record in resting:
        if record.venue_order_id not in open_oids:
            await router.settle_closed(session, record)
    for row in listed:
        problems += _judged_open(session, row)
    _lock(session, problems)
    return problems


def _judged_open(session: Session, row: OpenOrder) -> list[Problem]:
    owner = None if row.cloid is None else records.order(session.ledger, row.cloid)
    if owner is None:
        detail = f"open order {row.oid} on {row.coin} is none of ours"
        return [Problem(code="foreign_order", detail=detail)]
    if owner.venue_order_id not in (None, row.oid):
        detail = f"{row.cloid} has two orders at the venue"
        return [Problem(code="duplicate_order", detail=detail)]
    if owner.state in (OrderState.DEAD, OrderState.REJECTED):
        detail = f"{row.cloid} is open at the venue and {owner.state} here"
        return [Problem(code="late_order", detail=detail)]
    if owner.state is OrderState.CANCELLED:
        # The venue's list is the truth: what it shows as open is not gone.
        records.move(
            session.ledger,
            owner.intent.order_id,
            OrderState.RESTING,
            at=session.moment(),
            venue_order_id=row.oid,
            reason=None,
        )
    return []


async def catch_up(session: Session) -> tuple[AccountState, list[Problem], int]:
    """Book new fills and compare positions; what still differs locks the account.

    Right after a fill the venue's views may lag each other, so it asks again.
    """
    problems, count = [], 0
    for round_number in range(_LAG_ROUNDS):
        if round_number > 0:
            await session.pause(_LAG_S)
        more, added = await book_fills(session)
        problems += more
        count += added
        account = await session.venue.state()
        mismatches = _mismatches(session, account)
        if not mismatches:
            break
    _lock(session, mismatches)
    return account, [*problems, *mismatches], count


def _mismatches(session: Session, account: AccountState) -> list[Problem]:
    coins = records.known_coins(session.ledger, *session.key)
    found = []
    for coin in sorted(coins | {row.coin for row in account.positions}):
        booked = records.position(session.ledger, *session.key, coin)
        held = account.size_of(coin)
        if booked != held:
            detail = f"{coin}: the venue holds {held}, the ledger {booked}"
            found.append(Problem(code="position_mismatch", detail=detail))
    return found
