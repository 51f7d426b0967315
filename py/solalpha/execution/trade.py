"""One trade cycle: reconcile, mark, guard, decide once per bar, order, protect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx

from solalpha.config import Parameters, Paths
from solalpha.errors import DataError
from solalpha.execution import decisions, standing
from solalpha.execution.decisions import Decision
from solalpha.execution.inputs import DecisionInputs
from solalpha.execution.legs import Outcome, Task, move_to
from solalpha.execution.protect import protect
from solalpha.execution.reconcile import Standing, catch_up, reconcile
from solalpha.execution.session import Session, open_session
from solalpha.execution.snapshots import AccountState
from solalpha.hyperliquid.signing import TestnetKey
from solalpha.market.gates import Gate
from solalpha.market.instruments import to_decimal, to_float
from solalpha.risk import guards
from solalpha.risk.guards import GuardState, Limits
from solalpha.risk.limits import exposure, is_stale, reduced_only
from solalpha.strategy.decision import Policy

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeResult:
    """State what a cycle did.

    ``state`` is ``traded`` (orders were sent), ``held`` (decided, nothing to do),
    ``already_decided``, ``no_decision`` (a bar between decisions) or ``unresolved``
    (an order is in doubt; run again). Position in base units, equity in USD.
    """

    state: str
    decision_id: str | None
    orders_placed: int
    fills: int
    position: Decimal
    equity: Decimal
    risk_state: str
    gates: tuple[Gate, ...]
    skipped_reason: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the result with plain numbers, for printing."""
        return asdict(self) | {
            "position": to_float(self.position),
            "equity": to_float(self.equity),
        }


async def trade_once(
    paths: Paths,
    parameters: Parameters,
    *,
    client: httpx.AsyncClient,
    venue: str,
    account: str,
    signer: TestnetKey | None,
    inputs: DecisionInputs,
    policy_name: str,
    policy: Policy,
    now: datetime,
    wall: Callable[[], datetime],
    pause: Callable[[float], Awaitable[None]],
    checkpoint: Callable[[str], None],
) -> TradeResult:
    """Run one cycle for one account and the inputs' coin.

    Parameters
    ----------
    client : httpx.AsyncClient
        Its base URL says where the venue is; only this process, loopback and the
        test network are accepted.
    signer : TestnetKey or None
        None only where the exchange trusts its caller.
    now : datetime
        The moment in market time; ages are measured against it.
    wall, pause : callable
        Wall time for nonces and expiry, and how to wait.
    checkpoint : callable
        Told each step that was passed.

    Raises
    ------
    ConfigError
        If the venue or its address is not allowed.
    LimitBreach
        If another process trades the account.
    VenueError
        If the venue could not be read; whatever is in doubt stays so.
    DataError
        If the inputs are from the future or the ledger is damaged.
    """
    if inputs.bar_closed_at > now:
        raise DataError(
            f"bar closed at {inputs.bar_closed_at.isoformat()}, after now "
            f"{now.isoformat()}; expected a closed bar"
        )
    with open_session(
        paths,
        parameters,
        client=client,
        venue=venue,
        account=account,
        signer=signer,
        coin=inputs.coin,
        now=now,
        wall=wall,
        pause=pause,
        checkpoint=checkpoint,
    ) as session:
        return await _cycle(session, inputs, policy_name, policy)


async def _cycle(
    session: Session, inputs: DecisionInputs, policy_name: str, policy: Policy
) -> TradeResult:
    before = _counts(session)
    stand = await reconcile(session)
    guard = mark(session, stand)
    decision = decisions.existing(session, inputs.bar_closed_at)
    is_repeat = decision is not None and decision.state != "open"
    outcome = Outcome(account=stand.account, is_resolved=not stand.unresolved)
    if outcome.is_resolved and not is_repeat:
        decisions.abandon_older(session, inputs.bar_closed_at)
        decision = decision or decisions.decide(
            session, inputs, stand, guard, policy_name=policy_name, policy=policy
        )
        if decision is not None:
            outcome = await _carry_out(session, decision, stand, guard)
    if outcome.is_resolved:
        bar = inputs.bar_closed_at
        task = Task(bar_closed_at=bar, decision_id=None, command_id=None)
        outcome = await protect(session, task, outcome.account)
    if outcome.is_resolved and decision is not None and not is_repeat:
        session.checkpoint("before_done")
        decisions.set_state(session, decision.decision_id, "done")
        session.checkpoint("after_done")
    return await _result(
        session, before, decision, is_repeat=is_repeat, is_resolved=outcome.is_resolved
    )


async def _carry_out(
    session: Session, decision: Decision, stand: Standing, guard: GuardState
) -> Outcome:
    # A decision may be finished by a later run: what became forbidden stays undone.
    target = decision.target_base
    age_s = (session.now - decision.bar_closed_at).total_seconds()
    if guard.status != guards.ACTIVE or is_stale(
        age_s, float(session.parameters.risk_stale_data_s)
    ):
        held = to_float(stand.position_base)
        target = to_decimal(reduced_only(to_float(target), held))
    if guard.status == guards.HALTED and guard.code in guards.FLATTENING_CODES:
        target = Decimal(0)
    task = Task(
        bar_closed_at=decision.bar_closed_at,
        decision_id=decision.decision_id,
        command_id=None,
    )
    return await move_to(session, task, target, stand.account)


def mark(session: Session, stand: Standing) -> GuardState:
    """Mark the account's equity to the guard and commit the state that follows."""
    state = standing.required_state(session.ledger, *session.key)
    equity = to_float(stand.account.equity_usd)
    notional = to_float(sum((p.notional_usd for p in stand.account.positions), ZERO))
    after, changes = guards.mark(
        state,
        equity_usd=equity,
        leverage=exposure(1.0, notional, equity) if notional > 0 else 0.0,
        day=standing.day_of(session.now),
        limits=Limits.from_parameters(session.parameters),
    )
    standing.record_transitions(
        session.ledger,
        *session.key,
        state=after,
        changes=changes,
        at=session.moment(),
    )
    return after


async def record(session: Session) -> tuple[AccountState, GuardState]:
    """Read the account once more and commit its equity and positions at mark."""
    account, _, _ = await catch_up(session)
    market = await session.venue.market(session.coin)
    guard = standing.required_state(session.ledger, *session.key)
    standing.record_marks(
        session.ledger,
        *session.key,
        market=market,
        state=account,
        guard=guard,
        at=session.moment(),
    )
    return account, guard


async def _result(
    session: Session,
    before: tuple[int, int],
    decision: Decision | None,
    *,
    is_repeat: bool,
    is_resolved: bool,
) -> TradeResult:
    account, guard = await record(session)
    orders, fills = _counts(session)
    placed = orders - before[0]
    state, reason = "traded", None
    if not is_resolved:
        state, reason = "unresolved", "an order is in doubt; run again"
    elif is_repeat:
        state, reason = "already_decided", "this bar was decided before"
    elif decision is None:
        state, reason = "no_decision", "no decision is due at this bar"
    elif placed == 0:
        blocked = [gate.name for gate in decision.gates if not gate.passed]
        state, reason = "held", f"blocked by {', '.join(blocked) or 'nothing'}"
    return TradeResult(
        state=state,
        decision_id=None if decision is None else decision.decision_id,
        orders_placed=placed,
        fills=fills - before[1],
        position=account.size_of(session.coin),
        equity=account.equity_usd,
        risk_state=guard.status,
        gates=() if decision is None else decision.gates,
        skipped_reason=reason,
    )


def _counts(session: Session) -> tuple[int, int]:
    owned = "venue = ? and account = ?"
    found = session.ledger.rows(
        f"select (select count(*) from orders where {owned} and sent_at is not null) "
        f"as orders, (select count(*) from fills where {owned}) as fills",
        (*session.key, *session.key),
    )
    return int(found[0]["orders"]), int(found[0]["fills"])
