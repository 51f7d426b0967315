"""The account that a backtest trades: fills, stops, funding, liquidation.

One bar is one step, in this order: funding of bars without a price, fills of the
order decided before, the stop inside the bar, funding at the bar's right edge,
the liquidation check. Where the first price for the order is that of the right edge,
its fill comes after stop and funding, which concern the position carried in. Equity
is cash plus position times the close. Backtrader's broker and the benchmarks drive
the same class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from solalpha.backtest.bars import Bars
from solalpha.config import Parameters
from solalpha.market import costs
from solalpha.market.lots import nearest_lots
from solalpha.market.positions import filled
from solalpha.risk.limits import reduced_only


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Hold the position wanted after a decision, to be traded at the next price."""

    target_base: float
    stop_distance_usd: float
    reason: str
    decided_us: int
    mid_at_decision: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """Hold one fill; ``size_base`` is positive, costs are positive when paid.

    ``decided_us`` is the decision's moment; a stop or a liquidation has none, and
    carries the right edge of its bar, as ``filled_us`` does. ``realised_usd`` is the
    profit of the closed part before fees.
    """

    decided_us: int
    filled_us: int
    side: str
    size_base: float
    price: float
    mid_at_decision: float
    notional_usd: float
    fee_usd: float
    slippage_usd: float
    reason: str
    realised_usd: float
    position_after_base: float


class Account:
    """Trade one coin through ``bars`` with cash, costs and one protective stop."""

    def __init__(self, bars: Bars, parameters: Parameters, start_usd: float) -> None:
        self.bars = bars
        self.cash_usd = start_usd
        self.position_base = 0.0
        self.entry_price = 0.0
        self.stop_price = math.nan
        self.fees_usd = 0.0
        self.slippage_usd = 0.0
        self.funding_usd = 0.0
        self.traded_usd = 0.0
        self.is_liquidated = False
        self.pending: Request | None = None
        self.trades: list[Trade] = []
        self._fee_rate = parameters.taker_fee_rate
        self._slippage_bps = parameters.slippage_bps
        self._maintenance_rate = parameters.maintenance_margin_rate
        self._lot_decimals = parameters.lot_decimals

    def equity_usd(self, price: float) -> float:
        """Return cash plus the position valued at ``price``."""
        return self.cash_usd + self.position_base * price

    def step(self, index: int) -> None:
        """Pass through one bar; ``trades`` grows by what was filled in it."""
        if self.position_base != 0.0:
            for price, rate in self.bars.skipped_edges[index]:
                self._pay_funding(price, rate)
        is_filled_last = self.bars.fills_at_edge(index)
        first = self.bars.open[index]
        if self.pending is not None and not is_filled_last:
            stop = self.stop_price
            self._fill_pending(index, self.pending)
            if self.stop_price != stop:
                first = self.bars.execution[index]
        if self.position_base != 0.0:
            self._stop_inside(index, first)
            self._pay_funding(
                self.bars.funding_price[index], self.bars.funding_rate[index]
            )
        if self.pending is not None and is_filled_last:
            self._fill_pending(index, self.pending)
        if self.position_base != 0.0:
            self._liquidate_if_due(index)

    def _pay_funding(self, price: float, rate: float) -> None:
        payment = costs.funding_payment_usd(self.position_base, price, rate)
        self.cash_usd -= payment
        self.funding_usd += payment

    def _fill_pending(self, index: int, request: Request) -> None:
        price = self.bars.execution[index]
        if not price > 0.0:
            return
        self.pending = None
        target = request.target_base
        if self.bars.closed_us[index] - request.decided_us > self.bars.bar_us:
            # The price came a bar late: a stale decision may only reduce.
            target = reduced_only(target, self.position_base)
        change = nearest_lots(target - self.position_base, self._lot_decimals)
        if change == 0.0:
            return
        before = self.position_base
        self._trade(
            change,
            price,
            index=index,
            mid_at_decision=request.mid_at_decision,
            reason=request.reason,
            decided_us=request.decided_us,
            filled_us=self.bars.execution_us[index],
        )
        if before * self.position_base <= 0.0 or abs(self.position_base) > abs(before):
            self._place_stop(request.stop_distance_usd)

    def _place_stop(self, distance: float) -> None:
        if self.position_base == 0.0 or not distance > 0.0:
            self.stop_price = math.nan
            return
        side = 1.0 if self.position_base > 0.0 else -1.0
        self.stop_price = self.entry_price - side * distance

    def _stop_inside(self, index: int, first: float) -> None:
        # ``first`` is the first price of the bar that this stop has stood against.
        stop = self.stop_price
        is_long = self.position_base > 0.0
        worst = self.bars.low[index] if is_long else self.bars.high[index]
        if not (worst <= stop if is_long else worst >= stop):
            return
        if not first > 0.0:
            first = self.bars.close[index]
        reference = min(first, stop) if is_long else max(first, stop)
        closed_us = self.bars.closed_us[index]
        self.pending = None
        self._trade(
            -self.position_base,
            reference,
            index=index,
            mid_at_decision=stop,
            reason="stop",
            decided_us=closed_us,
            filled_us=closed_us,
        )

    def _liquidate_if_due(self, index: int) -> None:
        mark = self.bars.mark[index]
        if not costs.is_liquidated(
            self.equity_usd(mark), self.position_base, mark, self._maintenance_rate
        ):
            return
        closed_us = self.bars.closed_us[index]
        self.pending = None
        self.is_liquidated = True
        self._trade(
            -self.position_base,
            mark,
            index=index,
            mid_at_decision=mark,
            reason="halt",
            decided_us=closed_us,
            filled_us=closed_us,
        )

    def _trade(
        self,
        change_base: float,
        reference: float,
        *,
        index: int,
        mid_at_decision: float,
        reason: str,
        decided_us: int,
        filled_us: int,
    ) -> None:
        side = 1 if change_base > 0.0 else -1
        price = costs.fill_price(
            reference, side, self.bars.spread_bps[index], self._slippage_bps
        )
        notional = abs(change_base) * price
        trade = Trade(
            decided_us=decided_us,
            filled_us=filled_us,
            side="buy" if side > 0 else "sell",
            size_base=abs(change_base),
            price=price,
            mid_at_decision=mid_at_decision,
            notional_usd=notional,
            fee_usd=costs.fee_usd(notional, self._fee_rate),
            slippage_usd=costs.slippage_usd(change_base, price, mid_at_decision),
            reason=reason,
            realised_usd=self._move(change_base, price),
            position_after_base=self.position_base,
        )
        self.cash_usd -= change_base * price + trade.fee_usd
        self.fees_usd += trade.fee_usd
        self.slippage_usd += trade.slippage_usd
        self.traded_usd += notional
        self.trades.append(trade)

    def _move(self, change_base: float, price: float) -> float:
        # Change the position and return the profit that its closed part realised.
        position, entry, realised = filled(
            self.position_base, self.entry_price, change_base, price
        )
        self.position_base = nearest_lots(position, self._lot_decimals)
        self.entry_price = entry
        if self.position_base == 0.0:
            self.stop_price = math.nan
        return realised
