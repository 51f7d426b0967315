"""What the ledger remembers of an account: risk state, marks, first contact."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from solalpha.clock import EPOCH, to_us
from solalpha.execution import records
from solalpha.execution.ledger import Ledger
from solalpha.execution.records import VenueFill
from solalpha.execution.snapshots import AccountState, HeldPosition, Market
from solalpha.market.instruments import to_float
from solalpha.risk.guards import (
    FLATTENING_CODES,
    HALTED,
    GuardState,
    Transition,
    halted,
)

ZERO = Decimal(0)


def has_met(ledger: Ledger, venue: str, account: str) -> bool:
    """Tell whether the ledger has ever seen the account."""
    return guard_state(ledger, venue, account) is not None


def make_first_contact(
    ledger: Ledger,
    venue: str,
    account: str,
    *,
    fills: Iterable[VenueFill],
    state: AccountState,
    at: datetime,
) -> None:
    """Take the account over as it stands: its history, position, equity."""
    with ledger.transaction():
        for row in fills:
            records.book_fill(ledger, row, at)
        coins = records.known_coins(ledger, venue, account)
        for coin in sorted(coins | {row.coin for row in state.positions}):
            adjust(
                ledger,
                venue,
                account,
                coin,
                state=state,
                reason="first contact",
                at=at,
            )
        equity = to_float(state.equity_usd)
        save_guard_state(ledger, venue, account, GuardState.start(equity, day_of(at)))
        ledger.note(at, "first_contact", account, {"equity_usd": state.equity_usd})


def adjust(
    ledger: Ledger,
    venue: str,
    account: str,
    coin: str,
    *,
    state: AccountState,
    reason: str,
    at: datetime,
) -> None:
    """Book the difference between the venue's position and the ledger's, if any."""
    change = state.size_of(coin) - records.position(ledger, venue, account, coin)
    if change == 0:
        return
    row = {
        "event_id": _identity(venue, account, coin, reason, at),
        "venue": venue,
        "account": account,
        "coin": coin,
        "size_base": change,
        "reason": reason,
        "made_at": at,
    }
    ledger.put("adjustments", row)
    ledger.note(at, "adjustment", coin, row)


def guard_state(ledger: Ledger, venue: str, account: str) -> GuardState | None:
    """Return the account's risk state, None before first contact."""
    found = ledger.rows(
        "select status, code, peak_usd, day, day_start_usd from risk "
        "where venue = ? and account = ?",
        (venue, account),
    )
    return GuardState(**found[0]) if found else None


def required_state(ledger: Ledger, venue: str, account: str) -> GuardState:
    """Return the risk state of an account that was met before."""
    state = guard_state(ledger, venue, account)
    if state is None:
        raise RuntimeError(f"account {account} was never seen")
    return state


def save_guard_state(
    ledger: Ledger, venue: str, account: str, state: GuardState
) -> None:
    """Store the account's risk state."""
    row = {
        "venue": venue,
        "account": account,
        "status": state.status,
        "code": state.code,
        "peak_usd": state.peak_usd,
        "day": state.day,
        "day_start_usd": state.day_start_usd,
    }
    ledger.put("risk", row)


def record_transitions(
    ledger: Ledger,
    venue: str,
    account: str,
    *,
    state: GuardState,
    changes: Sequence[Transition],
    at: datetime,
) -> None:
    """Store a risk state together with the changes that led to it."""
    with ledger.transaction():
        save_guard_state(ledger, venue, account, state)
        for change in changes:
            row = {
                "event_id": _identity(
                    venue, account, change.code, change.state_to, change.detail, at
                ),
                "venue": venue,
                "account": account,
                "happened_at": at,
                "state_from": change.state_from,
                "state_to": change.state_to,
                "code": change.code,
                "detail": change.detail,
            }
            ledger.put("risk_events", row)
            ledger.note(at, "risk", account, row)


def halt(
    ledger: Ledger, venue: str, account: str, *, code: str, detail: str, at: datetime
) -> None:
    """Halt the account until the operator resumes it; each reason is recorded once.

    A halt that flattens is not replaced by one that does not.
    """
    state = required_state(ledger, venue, account)
    if state.status != HALTED or code in FLATTENING_CODES:
        after, changes = halted(state, code=code, detail=detail)
        record_transitions(ledger, venue, account, state=after, changes=changes, at=at)
        return
    if state.code != code:
        record_notice(ledger, venue, account, code=code, detail=detail, at=at)


def record_notice(
    ledger: Ledger, venue: str, account: str, *, code: str, detail: str, at: datetime
) -> None:
    """Record, once for the same words, what an operator should know."""
    status = required_state(ledger, venue, account).status
    row = {
        "event_id": _identity(venue, account, code, detail),
        "venue": venue,
        "account": account,
        "happened_at": at,
        "state_from": status,
        "state_to": status,
        "code": code,
        "detail": detail,
    }
    with ledger.transaction():
        if ledger.add("risk_events", row):
            ledger.note(at, "risk", account, row)


def record_marks(
    ledger: Ledger,
    venue: str,
    account: str,
    *,
    market: Market,
    state: AccountState,
    guard: GuardState,
    at: datetime,
) -> None:
    """Store the account's equity and each position at mark.

    Cash is equity less unrealised profit; funding is what was paid in all.
    """
    coin = market.instrument.coin
    profit = sum((row.unrealised_usd for row in state.positions), ZERO)
    owner = {"venue": venue, "account": account, "marked_at": at}
    with ledger.transaction():
        ledger.put(
            "equity",
            owner
            | {
                "equity_usd": state.equity_usd,
                "cash_usd": state.equity_usd - profit,
                "position_base": state.size_of(coin),
                "mark_price": market.mark_price,
                "unrealised_usd": profit,
                "funding_paid_usd": funding_paid_usd(ledger, venue, account),
                "peak_equity_usd": guard.peak_usd,
                "risk_state": guard.status,
            },
        )
        held = {row.coin: row for row in state.positions}
        for name in sorted({coin, *held}):
            mark = market.mark_price if name == coin else None
            row = owner | {"coin": name} | _position_row(held.get(name), mark)
            ledger.put("positions", row)


def funding_paid_usd(ledger: Ledger, venue: str, account: str) -> Decimal:
    """Return the funding that the account has paid in all; negative was received."""
    found = ledger.rows(
        "select usd from funding where venue = ? and account = ?", (venue, account)
    )
    return -sum((row["usd"] for row in found), ZERO)


def day_of(moment: datetime) -> int:
    """Return the number of UTC days between the epoch and ``moment``."""
    return (moment - EPOCH).days


def _position_row(
    held: HeldPosition | None, mark_price: Decimal | None
) -> dict[str, Decimal | None]:
    return {
        "position_base": ZERO if held is None else held.size_base,
        "entry_price": None if held is None else held.entry_price,
        "mark_price": mark_price,
        "unrealised_usd": ZERO if held is None else held.unrealised_usd,
        "liquidation_price": None if held is None else held.liquidation_price,
    }


def _identity(*parts: str | datetime) -> str:
    texts = [str(to_us(p)) if isinstance(p, datetime) else p for p in parts]
    return hashlib.sha256("|".join(texts).encode()).hexdigest()[:32]
