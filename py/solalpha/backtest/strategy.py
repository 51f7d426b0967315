"""The one Backtrader strategy: ask the policy, pass the guard, place the order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solalpha.backtest.account import Account, Request
from solalpha.backtest.bars import Bars, last_decision_index
from solalpha.backtest.engine import bt
from solalpha.config import Parameters
from solalpha.market.gates import Gate
from solalpha.market.lots import nearest_lots
from solalpha.risk import guards
from solalpha.risk.guards import GuardState, Limits, Permit, RiskInputs, Transition
from solalpha.risk.limits import exposure
from solalpha.strategy.decision import Policy, PolicyDecision, PolicyInputs, reason_of
from solalpha.strategy.signal import is_decision_bar

Progress = Callable[[str, int, int], None]
_DAY_US = 86_400_000_000
_REPORT_EVERY_BARS = 500
# A walk-forward prediction comes from a model fitted before its block; the age
# limit is about a live champion, so it is met by construction here.
_WALK_FORWARD_AGE_HOURS = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """Hold one decision as it was taken, for comparison and explanation."""

    bar_closed_at: datetime
    position_base: float
    wanted_base: float
    permitted_base: float
    reason: str
    gates: tuple[Gate, ...]


class Journal:
    """Collect what a run leaves behind, one entry per bar or event, in time order."""

    def __init__(self) -> None:
        self.equity_usd: list[float] = []
        self.position_base: list[float] = []
        self.cash_usd: list[float] = []
        self.fees_usd: list[float] = []
        self.slippage_usd: list[float] = []
        self.funding_usd: list[float] = []
        self.exposure: list[float] = []
        self.is_halted: list[bool] = []
        self.decisions: list[DecisionRecord] = []
        self.transitions: list[tuple[datetime, Transition]] = []

    def mark(self, account: Account, price: float, is_halted: bool) -> None:
        """Note the account as it stands at a bar's close."""
        equity = account.equity_usd(price)
        self.equity_usd.append(equity)
        self.position_base.append(account.position_base)
        self.cash_usd.append(account.cash_usd)
        self.fees_usd.append(account.fees_usd)
        self.slippage_usd.append(account.slippage_usd)
        self.funding_usd.append(account.funding_usd)
        self.exposure.append(exposure(account.position_base, price, equity))
        self.is_halted.append(is_halted)


class PolicyStrategy(bt.Strategy):  # type: ignore[misc]
    """Decide on decision bars; watch the limits on every bar.

    After the last bar that another bar can still execute, the position is closed
    with the reason ``end`` and nothing more is decided.
    """

    params = (
        ("account", None),
        ("policy", None),
        ("parameters", None),
        ("limits", None),
        ("journal", None),
        ("progress", None),
    )

    def __init__(self) -> None:
        self._account: Account = self.p.account
        self._bars: Bars = self._account.bars
        self._policy: Policy = self.p.policy
        self._parameters: Parameters = self.p.parameters
        self._limits: Limits = self.p.limits
        self._journal: Journal = self.p.journal
        self._progress: Progress | None = self.p.progress
        self._end_index = last_decision_index(self._bars)
        self._order: Any = None
        self._state: GuardState | None = None

    def notify_order(self, order: Any) -> None:
        """Forget an order that is filled or cancelled."""
        # A cancelled order is told of after its successor was placed.
        if self._order is not None and order == self._order and not order.alive():
            self._order = None

    def next(self) -> None:
        """Take one bar's turn, after the broker's step."""
        index = len(self) - 1
        state = self._marked(index)
        self._journal.mark(
            self._account, self._bars.close[index], state.status == guards.HALTED
        )
        if index > self._end_index:
            return
        if index == self._end_index:
            self._ask(index, 0.0, math.nan, "end")
        elif self._is_decision(index):
            self._decide(index, state)
        else:
            self._watch(index, state)
        if self._progress is not None and index % _REPORT_EVERY_BARS == 0:
            self._progress("backtest", index, len(self._bars))

    def _is_decision(self, index: int) -> bool:
        return is_decision_bar(
            self._bars.closed_us[index] // 1_000_000,
            self._parameters.bar_minutes,
            self._parameters.decide_every_bars,
        )

    def _marked(self, index: int) -> GuardState:
        price = self._bars.close[index]
        equity = self._account.equity_usd(price)
        day = self._bars.closed_us[index] // _DAY_US
        if self._state is None:
            self._state = GuardState.start(equity, day)
        self._state, changes = guards.mark(
            self._state,
            equity_usd=equity,
            leverage=exposure(self._account.position_base, price, equity),
            day=day,
            limits=self._limits,
        )
        if self._account.is_liquidated and self._state.code != "liquidation":
            self._state, more = guards.halted(
                self._state, code="liquidation", detail=f"equity_usd={equity:.2f}"
            )
            changes += more
        closed_at = self._bars.closed_at(index)
        self._journal.transitions.extend((closed_at, change) for change in changes)
        return self._state

    def _decide(self, index: int, state: GuardState) -> None:
        position = self._account.position_base
        decision = self._policy(self._inputs(index), self._parameters)
        permit = self._permitted(index, decision.target_base, state)
        reason = _reason(decision, permit, state, position)
        self._journal.decisions.append(
            DecisionRecord(
                bar_closed_at=self._bars.closed_at(index),
                position_base=position,
                wanted_base=decision.target_base,
                permitted_base=permit.target_base,
                reason=reason,
                gates=decision.gates + permit.gates,
            )
        )
        self._ask(index, permit.target_base, decision.stop_distance_usd, reason)

    def _watch(self, index: int, state: GuardState) -> None:
        pending = self._account.pending
        held = self._account.position_base if pending is None else pending.target_base
        permit = self._permitted(index, held, state)
        if permit.target_base != held:
            reason = "exit" if state.status == guards.ACTIVE else "halt"
            self._ask(index, permit.target_base, math.nan, reason)

    def _permitted(self, index: int, target: float, state: GuardState) -> Permit:
        bars = self._bars
        price = self._decision_price(index)
        inputs = RiskInputs(
            price=price,
            equity_usd=self._account.equity_usd(price),
            sentiment=bars.sentiment[index],
            quality=bars.quality[index],
            data_age_s=bars.age_s[index],
            model_age_hours=_WALK_FORWARD_AGE_HOURS,
        )
        return guards.apply(
            target, self._account.position_base, state, inputs, self._limits
        )

    def _decision_price(self, index: int) -> float:
        known = self._bars.decision_close[index]
        return known if known > 0.0 else self._bars.close[index]

    def _inputs(self, index: int) -> PolicyInputs:
        bars = self._bars
        account = self._account
        price = self._decision_price(index)
        equity = account.equity_usd(price)
        return PolicyInputs(
            coin=bars.coin,
            bar_closed_at=bars.closed_at(index),
            probability_up=bars.probability_up[index],
            close=bars.decision_close[index],
            atr=bars.atr[index],
            ema_fast=bars.ema_fast[index],
            ema_slow=bars.ema_slow[index],
            macd_line=bars.macd_line[index],
            macd_signal=bars.macd_signal[index],
            rsi=bars.rsi[index],
            realised_volatility=bars.realised_volatility[index],
            regime=bars.regime[index],
            sentiment=bars.sentiment[index],
            funding_rate=bars.last_funding_rate[index],
            position_base=account.position_base,
            equity_usd=equity,
            cash_usd=equity - abs(account.position_base) * price,
        )

    def _ask(self, index: int, target: float, distance: float, reason: str) -> None:
        account = self._account
        if account.pending is not None:
            self.cancel(self._order)
        change = nearest_lots(
            target - account.position_base, self._parameters.lot_decimals
        )
        price = self._decision_price(index)
        is_small = abs(change) * price < self._parameters.min_order_usd
        # Closing a whole position is exempt from the venue's minimum.
        if change == 0.0 or (is_small and target != 0.0):
            return
        request = Request(
            target_base=target,
            stop_distance_usd=distance,
            reason=reason,
            decided_us=self._bars.decided_us[index],
            mid_at_decision=price,
        )
        place = self.buy if change > 0.0 else self.sell
        self._order = place(size=abs(change), request=request)


def _reason(
    decision: PolicyDecision, permit: Permit, state: GuardState, position: float
) -> str:
    if permit.target_base == decision.target_base:
        return decision.reason
    if state.status != guards.ACTIVE:
        return "halt"
    return reason_of(position, permit.target_base)
