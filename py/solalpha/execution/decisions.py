"""Decide once per bar: policy, limits, and the row that remembers the decision."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from solalpha.clock import to_us
from solalpha.config import Parameters
from solalpha.execution.inputs import DecisionInputs
from solalpha.execution.ledger import Ledger
from solalpha.execution.reconcile import Standing
from solalpha.execution.session import Session
from solalpha.market.gates import Gate
from solalpha.market.instruments import round_size, to_decimal, to_float
from solalpha.risk import guards
from solalpha.risk.guards import GuardState, Limits, RiskInputs
from solalpha.risk.limits import quality_code
from solalpha.strategy.decision import Policy, PolicyInputs
from solalpha.strategy.signal import is_decision_bar

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Hold a decision as the ledger keeps it; ``state`` is open, done or abandoned."""

    decision_id: str
    bar_closed_at: datetime
    target_base: Decimal
    stop_distance_usd: Decimal | None
    gates: tuple[Gate, ...]
    state: str


def existing(session: Session, bar_closed_at: datetime) -> Decision | None:
    """Return the decision of a bar, None before there is one."""
    found = session.ledger.rows(
        "select * from decisions where decision_id = ?",
        (_decision_id(session, bar_closed_at),),
    )
    return _decision(found[0]) if found else None


def abandon_older(session: Session, bar_closed_at: datetime) -> None:
    """Give up what earlier bars decided and did not finish."""
    venue, account = session.key
    found = session.ledger.rows(
        "select decision_id from decisions where venue = ? and account = ? "
        "and coin = ? and state = 'open' and bar_closed_at < ?",
        (venue, account, session.coin, bar_closed_at),
    )
    for row in found:
        set_state(session, row["decision_id"], "abandoned")


def set_state(session: Session, decision_id: str, state: str) -> None:
    """Commit that a decision is done or abandoned."""
    with session.ledger.transaction():
        session.ledger.change("decisions", "decision_id", decision_id, {"state": state})
        session.ledger.note(session.moment(), "decision", decision_id, {"state": state})


def decide(
    session: Session,
    inputs: DecisionInputs,
    standing: Standing,
    guard: GuardState,
    *,
    policy_name: str,
    policy: Policy,
) -> Decision | None:
    """Decide and commit the decision; None where nothing is to be decided.

    On bars between decisions only the limits speak: what they do not permit to
    be held any longer becomes a decision of its own.
    """
    position = to_float(standing.position_base)
    target, distance = position, math.nan
    gates: tuple[Gate, ...] = ()
    is_due = is_decision_due(session.parameters, inputs.bar_closed_at)
    if is_due:
        wish = policy(policy_inputs(inputs, standing), session.parameters)
        target, distance, gates = wish.target_base, wish.stop_distance_usd, wish.gates
    permit = guards.apply(
        target,
        position,
        guard,
        risk_inputs(session, inputs, standing),
        Limits.from_parameters(session.parameters),
    )
    if not is_due and permit.target_base == position:
        return None
    decision = Decision(
        decision_id=_decision_id(session, inputs.bar_closed_at),
        bar_closed_at=inputs.bar_closed_at,
        target_base=round_size(
            standing.market.instrument, to_decimal(permit.target_base)
        ),
        stop_distance_usd=to_decimal(distance) if distance > 0 else None,
        gates=(*gates, *permit.gates),
        state="open",
    )
    _commit(session, decision, inputs, standing, guard, policy_name=policy_name)
    return decision


def is_decision_due(parameters: Parameters, bar_closed_at: datetime) -> bool:
    """Tell whether the policy decides at this bar."""
    return is_decision_bar(
        to_us(bar_closed_at) // 1_000_000,
        parameters.bar_minutes,
        parameters.decide_every_bars,
    )


def policy_inputs(inputs: DecisionInputs, standing: Standing) -> PolicyInputs:
    """Join a bar's inputs with the account as reconciled."""
    equity = to_float(standing.account.equity_usd)
    position = to_float(standing.position_base)
    return PolicyInputs(
        coin=inputs.coin,
        bar_closed_at=inputs.bar_closed_at,
        probability_up=inputs.probability_up,
        close=inputs.close,
        atr=inputs.atr,
        ema_fast=inputs.ema_fast,
        ema_slow=inputs.ema_slow,
        macd_line=inputs.macd_line,
        macd_signal=inputs.macd_signal,
        rsi=inputs.rsi,
        realised_volatility=inputs.realised_volatility,
        regime=inputs.regime,
        sentiment=inputs.sentiment,
        funding_rate=inputs.funding_rate,
        position_base=position,
        equity_usd=equity,
        cash_usd=equity - abs(position) * _price(inputs, standing),
    )


def risk_inputs(
    session: Session, inputs: DecisionInputs, standing: Standing
) -> RiskInputs:
    """Return what the guard reads of a bar and the account."""
    return RiskInputs(
        price=_price(inputs, standing),
        equity_usd=to_float(standing.account.equity_usd),
        sentiment=inputs.sentiment,
        quality=quality_code(inputs.quality_verdict),
        data_age_s=(session.now - inputs.bar_closed_at).total_seconds(),
        model_age_hours=inputs.model_age_hours,
    )


def latest_stop_distance(
    ledger: Ledger, venue: str, account: str, coin: str
) -> tuple[str, Decimal | None] | None:
    """Return (decision, stop distance in USD) of the last entry that was filled."""
    found = ledger.rows(
        "select decisions.decision_id, decisions.stop_distance_usd from orders "
        "join decisions on decisions.decision_id = orders.decision_id "
        "where orders.venue = ? and orders.account = ? and orders.coin = ? "
        "and orders.kind = 'entry' and exists "
        "(select 1 from fills where fills.order_id = orders.order_id) "
        "order by orders.intended_at desc, orders.rowid desc limit 1",
        (venue, account, coin),
    )
    return (found[0]["decision_id"], found[0]["stop_distance_usd"]) if found else None


def _price(inputs: DecisionInputs, standing: Standing) -> float:
    if inputs.close > 0.0:
        return inputs.close
    return to_float(standing.market.mark_price)


def _commit(
    session: Session,
    decision: Decision,
    inputs: DecisionInputs,
    standing: Standing,
    guard: GuardState,
    *,
    policy_name: str,
) -> None:
    venue, account = session.key
    row = {
        "decision_id": decision.decision_id,
        "venue": venue,
        "account": account,
        "coin": inputs.coin,
        "bar_closed_at": inputs.bar_closed_at,
        "decided_at": session.moment(),
        "policy": policy_name,
        "model_id": inputs.model_id,
        "probability_up": _nullable(inputs.probability_up),
        "regime": inputs.regime or None,
        "sentiment": _nullable(inputs.sentiment),
        "quality_verdict": inputs.quality_verdict,
        "price": _nullable(inputs.close),
        "atr": _nullable(inputs.atr),
        "position_before_base": standing.position_base,
        "target_base": decision.target_base,
        "stop_distance_usd": decision.stop_distance_usd,
        "gates": _gates_text(decision.gates),
        "risk_state": guard.status,
        "parameters_fingerprint": session.parameters.fingerprint(),
        "build_id": inputs.build_id,
        "state": decision.state,
    }
    session.checkpoint("before_decision")
    with session.ledger.transaction():
        if not session.ledger.add("decisions", row):
            raise RuntimeError(f"bar {inputs.bar_closed_at} is decided already")
        session.ledger.note(session.moment(), "decision", decision.decision_id, row)
    session.checkpoint("after_decision")


def _decision(row: Mapping[str, Any]) -> Decision:
    return Decision(
        decision_id=row["decision_id"],
        bar_closed_at=row["bar_closed_at"],
        target_base=row["target_base"],
        stop_distance_usd=row["stop_distance_usd"],
        gates=tuple(
            Gate(name=gate["gate"], passed=gate["passed"], detail=gate["detail"])
            for gate in json.loads(row["gates"])
        ),
        state=row["state"],
    )


def _decision_id(session: Session, bar_closed_at: datetime) -> str:
    parts = ("decision", *session.key, session.coin, to_us(bar_closed_at))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _gates_text(gates: tuple[Gate, ...]) -> str:
    found = [
        {"gate": gate.name, "passed": gate.passed, "detail": gate.detail}
        for gate in gates
    ]
    return json.dumps(found, separators=(",", ":"))


def _nullable(value: float) -> float | None:
    return None if math.isnan(value) else value
