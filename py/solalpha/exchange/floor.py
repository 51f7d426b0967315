"""What every rule of the venue works on: the store, the market, the fee rates."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from solalpha.clock import to_ms
from solalpha.config import Parameters
from solalpha.exchange.accounting import ZERO, account_of, book_fill
from solalpha.exchange.market import CoinMarket, MarketView, walk
from solalpha.exchange.rows import Account, Order
from solalpha.exchange.store import Store
from solalpha.market.instruments import to_decimal


@dataclass(slots=True, kw_only=True)
class Floor:
    """Hold the venue's state; takers thin the books of a view until the next one."""

    store: Store
    parameters: Parameters
    view: MarketView
    markets: dict[str, CoinMarket]

    @property
    def time_ms(self) -> int:
        """Market time of the present view."""
        return to_ms(self.view.at)

    def open_account(self, address: str) -> Account:
        """Return the account, storing it with its paper start where it is new."""
        account = account_of(self.store, address, self.parameters)
        if self.store.account(address) is None:
            self.store.put("accounts", asdict(account))
        return account

    def save(self, order: Order, **changes: object) -> Order:
        """Store ``order`` with ``changes`` at the present market time."""
        changed = replace(order, status_ms=self.time_ms, **changes)  # type: ignore[arg-type]
        self.store.put("orders", asdict(changed))
        return changed

    def take(
        self, order: Order, limit_price: Decimal, *, is_liquidation: bool
    ) -> tuple[Decimal, Decimal]:
        """Fill ``order`` against the visible book as a taker.

        Returns
        -------
        tuple
            Size filled and its notional in USD; the order itself is not saved.
        """
        market = self.markets[order.coin]
        parts = walk(
            market.side(is_buy=order.is_buy),
            is_buy=order.is_buy,
            size=order.size,
            limit_price=limit_price,
        )
        if parts:
            self._cancel_own_opposite(order, parts[-1][0])
        rate = to_decimal(self.parameters.taker_fee_rate)
        size, notional = ZERO, ZERO
        for price, part in parts:
            book_fill(
                self.store,
                order,
                price=price,
                size=part,
                fee_rate=rate,
                is_taker=True,
                is_liquidation=is_liquidation,
                mark_price=market.mark_price,
                time_ms=self.time_ms,
                parameters=self.parameters,
            )
            size += part
            notional += part * price
        self.markets[order.coin] = market.without(is_buy=order.is_buy, taken=size)
        return size, notional

    def rest_filled(self, order: Order, size: Decimal) -> None:
        """Fill ``size`` of a resting order at its limit price, as a maker."""
        book_fill(
            self.store,
            order,
            price=order.limit_price,
            size=size,
            fee_rate=to_decimal(self.parameters.maker_fee_rate),
            is_taker=False,
            is_liquidation=False,
            mark_price=self.markets[order.coin].mark_price,
            time_ms=self.time_ms,
            parameters=self.parameters,
        )
        left = order.size - size
        self.save(order, size=left, status="open" if left > 0 else "filled")
        self.shrink_reduce_only(order.address, order.coin)

    def shrink_reduce_only(self, address: str, coin: str) -> None:
        """Cut open reduce-only orders to the position; cancel those with none left."""
        position = self.store.position(address, coin).size
        for order in self.open_orders(address, coin):
            if not order.is_reduce_only:
                continue
            if position == 0 or order.is_buy == (position > 0):
                self.save(order, status="reduceOnlyCanceled")
            elif order.size > abs(position):
                self.save(order, size=abs(position))

    def open_orders(self, address: str, coin: str) -> list[Order]:
        """Return the open orders of an account in a coin, oldest first."""
        return self.store.orders(
            "status = 'open' and address = ? and coin = ?", (address, coin)
        )

    def _cancel_own_opposite(self, order: Order, reach: Decimal) -> None:
        for other in self.open_orders(order.address, order.coin):
            if other.trigger_price is not None or other.is_buy == order.is_buy:
                continue
            is_met = (
                other.limit_price <= reach
                if order.is_buy
                else other.limit_price >= reach
            )
            if is_met:
                self.save(other, status="selfTradeCanceled")
