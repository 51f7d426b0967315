"""The Backtrader broker: standard orders in front of our own perpetual account.

Backtrader's broker knows no funding, no perpetual margin and fills at a plain
open; this one lets ``Account`` do each bar's step and reports the outcome of
orders through Backtrader's own notifications.
"""

from __future__ import annotations

import collections
from typing import Any

from solalpha.backtest.account import Account, Request, Trade
from solalpha.backtest.engine import bt


class PerpetualBroker(bt.BrokerBase):  # type: ignore[misc]
    """Fill orders at the next execution price and keep the account.

    An order carries its ``Request`` in the keyword ``request``; its target decides
    what is traded, so that a stop inside a waiting bar cannot double it.
    """

    params = (("account", None),)

    def __init__(self, **_: Any) -> None:
        super().__init__()
        self._account: Account = self.p.account
        self.startingcash = self._account.cash_usd
        self._index = -1
        self._order: Any = None
        self._source: tuple[Any, Any] = (None, None)
        self._notifications: collections.deque[Any] = collections.deque()

    @property
    def account(self) -> Account:
        """Return the account behind the broker."""
        return self._account

    def getcash(self) -> float:
        """Return the account's cash, USD; a leveraged long makes it negative."""
        return self._account.cash_usd

    def getvalue(self, datas: object = None) -> float:  # noqa: ARG002
        """Return equity at the current close, USD."""
        if self._index < 0:
            return self._account.cash_usd
        return self._account.equity_usd(self._account.bars.close[self._index])

    def getposition(self, data: object) -> Any:  # noqa: ARG002
        """Return the position as Backtrader's own type."""
        account = self._account
        return bt.Position(account.position_base, account.entry_price)

    def buy(self, owner: Any, data: Any, size: float, **kwargs: Any) -> Any:
        """Take a buy order whose target stands in ``request``."""
        return self._accepted(bt.BuyOrder, owner, data, size, kwargs["request"])

    def sell(self, owner: Any, data: Any, size: float, **kwargs: Any) -> Any:
        """Take a sell order whose target stands in ``request``."""
        return self._accepted(bt.SellOrder, owner, data, size, kwargs["request"])

    def cancel(self, order: Any) -> bool:
        """Cancel the order that waits for a price."""
        if self._order is None or order != self._order:
            return False
        self._account.pending = None
        self._closed_unfilled()
        return True

    def next(self) -> None:
        """Pass the account through the bar that Backtrader just opened."""
        self._index += 1
        known = len(self._account.trades)
        self._account.step(self._index)
        waiting = self._order
        for trade in self._account.trades[known:]:
            if waiting and trade.decided_us == waiting.info.request.decided_us:
                self._executed(waiting, trade)
                waiting = self._order = None
            else:
                self._reported(trade)
        if waiting is not None and self._account.pending is None:
            self._closed_unfilled()

    def get_notification(self) -> Any:
        """Return the next order whose state changed, or None."""
        return self._notifications.popleft() if self._notifications else None

    def _accepted(
        self, kind: Any, owner: Any, data: Any, size: float, request: Request
    ) -> Any:
        order = self._order = self._created(kind, owner, data, size)
        order.addinfo(request=request)
        self._source = (owner, data)
        self._account.pending = request
        self._notifications.append(order.clone())
        return order

    def _created(self, kind: Any, owner: Any, data: Any, size: float) -> Any:
        order = kind(owner=owner, data=data, size=size, exectype=bt.Order.Market)
        order.comminfo = self.getcommissioninfo(data)
        order.submit(self)
        order.accept(self)
        return order

    def _reported(self, trade: Trade) -> None:
        # A stop or a liquidation: nobody placed it as an order of its own.
        kind = bt.BuyOrder if trade.side == "buy" else bt.SellOrder
        self._executed(self._created(kind, *self._source, trade.size_base), trade)

    def _executed(self, order: Any, trade: Trade) -> None:
        change = trade.size_base if trade.side == "buy" else -trade.size_base
        before = trade.position_after_base - change
        closed = 0.0
        if before * change < 0.0:
            closed = -before if abs(change) > abs(before) else change
        order.execute(
            order.data.datetime[0],
            change,
            trade.price,
            closed,
            abs(closed) * trade.price,
            0.0,
            change - closed,
            abs(change - closed) * trade.price,
            trade.fee_usd,
            0.0,
            trade.realised_usd,
            trade.position_after_base,
            self._account.entry_price,
        )
        order.completed()
        self._notifications.append(order.clone())

    def _closed_unfilled(self) -> None:
        self._order.cancel()
        self._notifications.append(self._order.clone())
        self._order = None
