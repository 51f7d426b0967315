"""Read one account over HTTPS: its state, orders, fills and payments. Reads only."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Any, TypeVar

from solalpha import clock
from solalpha.errors import ConfigError
from solalpha.hyperliquid import parsing_account, parsing_orders
from solalpha.hyperliquid.account_replies import (
    AccountFees,
    AccountFill,
    AccountMode,
    AccountState,
    ActiveAsset,
    FundingPayment,
    OpenOrder,
    OrderRecord,
    RequestBudget,
    SpotBalance,
)
from solalpha.hyperliquid.failures import ItemError
from solalpha.hyperliquid.rest import InfoClient

FILLS_PAGE = 2000
PAYMENTS_PAGE = 500
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CLIENT_ID = re.compile(r"0x[0-9a-fA-F]{32}")

_Row = TypeVar("_Row")


class AccountReads:
    """Ask for one account through an open client.

    Parameters
    ----------
    client
        Its budget, patience and connection are used.
    address
        The account itself: master, sub-account or vault. An agent's address gives
        empty answers, not errors: ask ``role`` once before trusting an empty one.
    """

    def __init__(self, client: InfoClient, address: str) -> None:
        if not _ADDRESS.fullmatch(address):
            raise ConfigError(
                f"account {address!r}; expected an address of 0x and 40 hex digits"
            )
        self._ask = client.asker.ask
        self._user = address.lower()

    async def role(self) -> str:
        """Return what the address is: user, agent, vault, subAccount or missing."""
        return await self._ask("userRole", parsing_account.parse_role, user=self._user)

    async def mode(self) -> AccountMode:
        """Return how the account keeps its balances."""
        return await self._ask(
            "userAbstraction", parsing_account.parse_mode, user=self._user
        )

    async def state(self) -> AccountState:
        """Return the perpetual account: values, margin, positions."""
        return await self._ask(
            "clearinghouseState", parsing_account.parse_state, user=self._user
        )

    async def spot_balances(self) -> tuple[SpotBalance, ...]:
        """Return the spot balances, the truth of a unified account."""
        return await self._ask(
            "spotClearinghouseState", parsing_account.parse_balances, user=self._user
        )

    async def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return the resting orders; triggers look like plain limits here."""
        return await self._ask(
            "openOrders", parsing_orders.parse_open_orders, user=self._user
        )

    async def frontend_open_orders(self) -> tuple[OpenOrder, ...]:
        """Return the resting orders with triggers: the read to reconcile by."""
        return await self._ask(
            "frontendOpenOrders", parsing_orders.parse_open_orders, user=self._user
        )

    async def order_status(self, order: int | str) -> OrderRecord | None:
        """Return an order by its id or client id; None where it is unknown.

        Raises
        ------
        ConfigError
            If a client id is not 0x and 32 hex digits.
        """
        if isinstance(order, str) and not _CLIENT_ID.fullmatch(order):
            raise ConfigError(
                f"client order id {order!r}; expected 0x and 32 hex digits"
            )
        return await self._ask(
            "orderStatus",
            parsing_orders.parse_order_status,
            user=self._user,
            oid=order,
        )

    async def historical_orders(self) -> tuple[OrderRecord, ...]:
        """Return up to 2000 past orders."""
        return await self._ask(
            "historicalOrders", parsing_orders.parse_history, user=self._user
        )

    async def fills(self) -> tuple[AccountFill, ...]:
        """Return the newest fills, up to 2000."""
        return await self._ask(
            "userFills", parsing_account.parse_fills, user=self._user
        )

    async def fills_between(
        self, since: datetime, until: datetime
    ) -> tuple[AccountFill, ...]:
        """Return the fills of a window in time order, page by page, each once."""

        async def page(start: datetime) -> tuple[AccountFill, ...]:
            return await self._window(
                "userFillsByTime", parsing_account.parse_fills, start, until
            )

        return await _paged(
            page,
            since,
            size=FILLS_PAGE,
            time_of=lambda row: row.filled_at,
            key=lambda row: (row.coin, row.filled_at, row.trade_id, row.order_id, row),
        )

    async def payments_between(
        self, since: datetime, until: datetime
    ) -> tuple[FundingPayment, ...]:
        """Return the funding payments of a window in time order, each once."""

        async def page(start: datetime) -> tuple[FundingPayment, ...]:
            return await self._window(
                "userFunding", parsing_account.parse_payments, start, until
            )

        return await _paged(
            page,
            since,
            size=PAYMENTS_PAGE,
            time_of=lambda row: row.settled_at,
            key=lambda row: (row.coin, row.settled_at),
        )

    async def budget(self) -> RequestBudget:
        """Return the address's lifetime request budget."""
        return await self._ask(
            "userRateLimit", parsing_account.parse_budget, user=self._user
        )

    async def fees(self) -> AccountFees:
        """Return the account's fee rates."""
        return await self._ask("userFees", parsing_account.parse_fees, user=self._user)

    async def active_asset(self, coin: str) -> ActiveAsset:
        """Return what the account may trade of ``coin``."""
        return await self._ask(
            "activeAssetData",
            lambda body: parsing_account.parse_active(body, coin=coin),
            user=self._user,
            coin=coin,
        )

    async def _window(
        self,
        kind: str,
        parse: Callable[[Any], tuple[_Row, ...]],
        start: datetime,
        until: datetime,
    ) -> tuple[_Row, ...]:
        window = {"startTime": clock.to_ms(start), "endTime": clock.to_ms(until)}
        return await self._ask(kind, parse, user=self._user, **window)


async def _paged(
    page: Callable[[datetime], Awaitable[tuple[_Row, ...]]],
    since: datetime,
    *,
    size: int,
    time_of: Callable[[_Row], datetime],
    key: Callable[[_Row], Hashable],
) -> tuple[_Row, ...]:
    # Several rows share a millisecond: the next page starts at the last one's time,
    # and what comes twice is kept once.
    found: dict[Hashable, _Row] = {}
    start = since
    while True:
        rows = await page(start)
        for row in rows:
            found.setdefault(key(row), row)
        if len(rows) < size:
            return tuple(sorted(found.values(), key=time_of))
        last = max(map(time_of, rows))
        if last <= start:
            raise ItemError(
                f"a page of {size} rows within {clock.iso(start)} cannot be paged; "
                "expected fewer rows in one millisecond"
            )
        start = last
