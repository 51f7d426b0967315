"""Speak to the venue: reads that never mistake failure for emptiness, and sends.

A send has three outcomes: the venue answered for the order, the venue refused
the action, or nobody knows. The last is for the caller to look up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx

from solalpha.clock import to_ms
from solalpha.errors import ConfigError, VenueError
from solalpha.execution import parsing
from solalpha.execution.endpoint import VENUES, allowed_url
from solalpha.execution.records import VenueFill
from solalpha.execution.snapshots import (
    AccountState,
    Market,
    OpenOrder,
    VenueOrder,
    account_state,
    funding_payment,
    market_of,
    open_order,
    venue_fill,
    venue_order,
)
from solalpha.hyperliquid.signing import TestnetKey

MAX_REPLY_BYTES = 16_000_000
FILLS_PER_PAGE = 2000
FUNDING_PER_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """State what is known after a send; ``statuses`` is set when it was answered."""

    statuses: tuple[Any, ...] | None
    refusal: str | None
    doubt: str | None


class VenueClient:
    """Hold the way to one account at one venue."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        venue: str,
        account: str,
        signer: TestnetKey | None,
    ) -> None:
        self._base = allowed_url(venue, str(client.base_url))
        if client.follow_redirects:
            raise ConfigError("the client follows redirects; expected none")
        if venue == VENUES[1] and signer is None:
            raise ConfigError("testnet orders need a key; expected one")
        self._client = client
        self._signer = signer
        self.venue = venue
        self.account = account

    @property
    def key(self) -> tuple[str, str]:
        """Venue and account."""
        return self.venue, self.account

    async def market(self, coin: str) -> Market:
        """Return the coin's rules, index and prices now."""
        found = await self._info({"type": "metaAndAssetCtxs"})
        return market_of(found, coin)

    async def server_at(self) -> datetime:
        """Return the venue's own wall time."""
        found = parsing.mapping(
            await self._info({"type": "exchangeStatus"}), "exchangeStatus"
        )
        return parsing.moment(found.get("time"), "exchangeStatus.time")

    async def state(self) -> AccountState:
        """Return the account's equity and positions."""
        return account_state(await self._user("clearinghouseState"))

    async def open_orders(self) -> list[OpenOrder]:
        """Return all open orders, triggers included."""
        found = await self._user("frontendOpenOrders")
        return [open_order(row) for row in parsing.items(found, "frontendOpenOrders")]

    async def order(self, cloid: str) -> VenueOrder | None:
        """Return an order by its client id, None where the venue says it knows none."""
        return venue_order(await self._user("orderStatus", oid=cloid))

    async def fills_since(self, start: datetime) -> list[VenueFill]:
        """Return every fill from ``start``, oldest first, across all pages."""
        found: dict[str, VenueFill] = {}
        start_ms = to_ms(start)
        while True:
            page = await self._page("userFillsByTime", start_ms)
            rows = [venue_fill(row, self.venue, self.account) for row in page]
            found |= {row.fill.fill_id: row for row in rows}
            if len(rows) < FILLS_PER_PAGE:
                break
            last_ms = max(to_ms(row.fill.filled_at) for row in rows)
            if last_ms <= start_ms:
                raise VenueError("userFillsByTime: a full page within one millisecond")
            start_ms = last_ms
        return sorted(found.values(), key=lambda row: row.fill.filled_at)

    async def funding_since(
        self, start: datetime
    ) -> list[tuple[str, datetime, Decimal]]:
        """Return (coin, time, USD received) of every settlement from ``start``."""
        found: dict[tuple[str, datetime], Decimal] = {}
        start_ms = to_ms(start)
        while True:
            page = await self._page("userFunding", start_ms)
            rows = [funding_payment(row) for row in page]
            found |= {(coin, at): usd for coin, at, usd in rows}
            if len(rows) < FUNDING_PER_PAGE:
                break
            start_ms = max(to_ms(at) for _, at, _ in rows) + 1
        return [(coin, at, usd) for (coin, at), usd in sorted(found.items())]

    async def send(
        self, action: Mapping[str, Any], *, nonce: int, expires_ms: int
    ) -> Reply:
        """Send an action once; what cannot be read is a doubt, never a guess."""
        body: dict[str, Any] = {
            "action": action,
            "nonce": nonce,
            "signature": None,
            "vaultAddress": None,
            "expiresAfter": expires_ms,
        }
        if self._signer is None:
            body["vaultAddress"] = self.account
        else:
            body["signature"] = self._signer.sign(
                action, nonce=nonce, vault=None, expires_after_ms=expires_ms
            )
        try:
            status, content = await self._post("/exchange", body)
            if status != 200:
                return _in_doubt(f"exchange: HTTP {status}")
            return _reply(parsing.document(content, "exchange"))
        except VenueError as error:
            return _in_doubt(str(error))

    async def _user(self, kind: str, **fields: object) -> Any:
        return await self._info({"type": kind, "user": self.account, **fields})

    async def _page(self, kind: str, start_ms: int) -> list[Any]:
        return parsing.items(await self._user(kind, startTime=start_ms), kind)

    async def _info(self, request: Mapping[str, Any]) -> Any:
        where = str(request["type"])
        status, content = await self._post("/info", request)
        if status != 200:
            raise VenueError(f"{where}: HTTP {status}; expected 200")
        return parsing.document(content, where)

    async def _post(self, path: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
        parts, size = [], 0
        try:
            async with self._client.stream(
                "POST", f"{self._base}{path}", json=body
            ) as response:
                async for part in response.aiter_bytes():
                    size += len(part)
                    if size > MAX_REPLY_BYTES:
                        raise VenueError(f"{path}: more than {MAX_REPLY_BYTES} bytes")
                    parts.append(part)
                return response.status_code, b"".join(parts)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            kind = type(error).__name__
            raise VenueError(f"{path}: {kind}; expected an answer") from error


def _reply(found: object) -> Reply:
    where = "exchange"
    outer = parsing.mapping(found, where)
    if outer.get("status") == "err":
        refusal = parsing.text(outer.get("response"), f"{where}.response")
        return Reply(statuses=None, refusal=refusal, doubt=None)
    if outer.get("status") != "ok":
        raise VenueError(f"{where}: neither ok nor err")
    inner = parsing.mapping(outer.get("response"), f"{where}.response")
    data = parsing.mapping(inner.get("data"), f"{where}.data")
    statuses = parsing.items(data.get("statuses"), f"{where}.statuses")
    return Reply(statuses=tuple(statuses), refusal=None, doubt=None)


def _in_doubt(text: str) -> Reply:
    return Reply(statuses=None, refusal=None, doubt=text)
