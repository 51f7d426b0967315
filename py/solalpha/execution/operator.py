"""The operator's levers: halt, resume, flatten, and what the account looks like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from solalpha.config import Paths
from solalpha.errors import ConfigError, LimitBreach
from solalpha.execution import records, standing
from solalpha.execution.account_lock import account_lock
from solalpha.execution.ledger import Ledger, ledger_path, open_ledger, read_ledger
from solalpha.execution.legs import Task, reduce
from solalpha.execution.protect import protect
from solalpha.execution.reconcile import reconcile
from solalpha.execution.session import Session
from solalpha.execution.trade import mark, record
from solalpha.market.instruments import to_float
from solalpha.market.orders import OrderState
from solalpha.risk import guards

OPERATOR_CODE = "operator"
_FLATTEN_LEG = "flatten"
_IN_DOUBT = (OrderState.INTENDED, OrderState.SENT, OrderState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """State an account as of its last cycle; ``in_doubt`` counts unresolved orders."""

    venue: str
    account: str
    risk_state: str
    risk_code: str
    peak_usd: float
    equity_usd: Decimal | None
    positions: dict[str, Decimal]
    in_doubt: int
    last_cycle_at: datetime | None


def status(paths: Paths, venue: str, account: str) -> AccountStatus | None:
    """Return the account as the ledger knows it, None before its first cycle."""
    ledger = read_ledger(ledger_path(paths))
    if ledger is None:
        return None
    with ledger:
        return _status(ledger, venue, account.lower())


def halt(
    paths: Paths, venue: str, account: str, *, reason: str, at: datetime
) -> AccountStatus:
    """Halt the account: from now on only reductions pass, until it is resumed.

    Raises
    ------
    ConfigError
        If the account was never traded.
    LimitBreach
        If a cycle is running; try again when it is over.
    """
    key = (venue, account.lower())
    with account_lock(paths, *key), open_ledger(ledger_path(paths)) as ledger:
        _require_met(ledger, *key)
        standing.halt(ledger, *key, code=OPERATOR_CODE, detail=reason, at=at)
        return _required_status(ledger, *key)


async def resume(session: Session, *, is_peak_rebased: bool) -> AccountStatus:
    """Return the account to ACTIVE and take its position over as the venue holds it.

    Raises
    ------
    LimitBreach
        If a drawdown halted it and the peak is not re-based, or orders are in doubt.
    """
    stand = await reconcile(session)
    if stand.unresolved:
        raise LimitBreach(
            f"{len(stand.unresolved)} orders are in doubt; expected none before resume"
        )
    equity = to_float(stand.account.equity_usd)
    before = standing.required_state(session.ledger, *session.key)
    after, changes = guards.resumed(
        before, equity_usd=equity, is_peak_rebased=is_peak_rebased
    )
    if after.status != guards.ACTIVE:
        raise LimitBreach(
            f"halted by {after.code}; expected the peak to be re-based to resume"
        )
    with session.ledger.transaction():
        coins = records.known_coins(session.ledger, *session.key)
        for coin in sorted(coins | {row.coin for row in stand.account.positions}):
            standing.adjust(
                session.ledger,
                *session.key,
                coin,
                state=stand.account,
                reason="resumed by the operator",
                at=session.moment(),
            )
        standing.record_transitions(
            session.ledger,
            *session.key,
            state=after,
            changes=changes,
            at=session.moment(),
        )
    return _required_status(session.ledger, *session.key)


async def flatten(session: Session, *, command_id: str) -> AccountStatus:
    """Close the position and its stop; the same command again finds its own orders.

    Raises
    ------
    LimitBreach
        If an order is in doubt or the position could not be closed whole.
    """
    stand = await reconcile(session)
    mark(session, stand)
    task = Task(bar_closed_at=session.now, decision_id=None, command_id=command_id)
    outcome = await reduce(session, task, _FLATTEN_LEG, Decimal(0), stand.account)
    if outcome.is_resolved:
        outcome = await protect(session, task, outcome.account)
    account, _ = await record(session)
    left = account.size_of(session.coin)
    if left != 0 or not outcome.is_resolved:
        raise LimitBreach(
            f"{session.coin} position is {left} after command {command_id}; expected "
            "0: run it again under another command"
        )
    return _required_status(session.ledger, *session.key)


def _require_met(ledger: Ledger, venue: str, account: str) -> None:
    if not standing.has_met(ledger, venue, account):
        raise ConfigError(
            f"{venue} account {account} has no ledger entry; expected a traded one"
        )


def _required_status(ledger: Ledger, venue: str, account: str) -> AccountStatus:
    _require_met(ledger, venue, account)
    found = _status(ledger, venue, account)
    if found is None:
        raise RuntimeError(f"account {account} was never seen")
    return found


def _status(ledger: Ledger, venue: str, account: str) -> AccountStatus | None:
    guard = standing.guard_state(ledger, venue, account)
    if guard is None:
        return None
    marks = ledger.rows(
        "select equity_usd, marked_at from equity where venue = ? and account = ? "
        "order by marked_at desc limit 1",
        (venue, account),
    )
    return AccountStatus(
        venue=venue,
        account=account,
        risk_state=guard.status,
        risk_code=guard.code,
        peak_usd=guard.peak_usd,
        equity_usd=marks[0]["equity_usd"] if marks else None,
        positions={
            coin: records.position(ledger, venue, account, coin)
            for coin in sorted(records.known_coins(ledger, venue, account))
        },
        in_doubt=len(records.in_states(ledger, venue, account, _IN_DOUBT)),
        last_cycle_at=marks[0]["marked_at"] if marks else None,
    )
