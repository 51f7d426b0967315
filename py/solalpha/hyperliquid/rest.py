"""Read the venue over HTTPS: info requests only, within its request budget.

There is one address, ``/info``, and no way to name another: nothing here can
place an order anywhere.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

from solalpha import clock
from solalpha.errors import ConfigError, VenueError
from solalpha.hyperliquid import parsing
from solalpha.hyperliquid.replies import (
    AssetContext,
    Book,
    Candle,
    ExchangeStatus,
    SettledFunding,
    Trade,
)
from solalpha.hyperliquid.weights import (
    WEIGHT_PER_MINUTE,
    WeightBucket,
    reply_weight,
    request_weight,
)

MAINNET_READS = "https://api.hyperliquid.xyz"
TESTNET_READS = "https://api.hyperliquid-testnet.xyz"
MAX_CANDLES = 5000
FUNDING_PAGE = 500
_INFO = "/info"
_RETRIED = frozenset({429, 500, 502, 503, 504})
_SHOWN = 160
_LONGEST_WISH_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Say how long to wait for a reply and how often to ask again; seconds."""

    timeout_s: float = 10.0
    attempts: int = 5
    first_pause_s: float = 0.5
    longest_pause_s: float = 20.0


class InfoClient:
    """Ask the venue for public data; use it as an async context manager.

    Parameters
    ----------
    base_url
        Scheme and host; ``/info`` is appended.
    bucket
        The request budget, to be shared by all clients of a process.
    sleep, jitter
        How to wait, and a random share in [0, 1) of the pause between attempts.
    """

    def __init__(
        self,
        base_url: str,
        *,
        bucket: WeightBucket | None = None,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._url = _info_url(base_url)
        self._bucket = bucket or WeightBucket(WEIGHT_PER_MINUTE, sleep=sleep)
        self._patience = patience or Patience()
        self._transport = transport
        self._sleep = sleep
        self._jitter = jitter
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        self._http = httpx.AsyncClient(
            transport=self._transport,
            timeout=self._patience.timeout_s,
            follow_redirects=False,
            limits=httpx.Limits(keepalive_expiry=30.0),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection pool."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def candles(
        self, coin: str, interval: str, *, since: datetime, until: datetime
    ) -> tuple[Candle, ...]:
        """Return the candles from ``since`` that are closed at ``until``.

        The venue keeps about the latest 5000 of each interval; older ones are
        simply not in the reply, and an empty reply proves nothing.
        """
        window = {
            "coin": coin,
            "interval": interval,
            "startTime": clock.to_ms(since),
            "endTime": clock.to_ms(until),
        }
        body = await self._ask("candleSnapshot", req=window)
        return parsing.parse_candles(body, moment=until)

    async def funding_history(
        self, coin: str, *, since: datetime, until: datetime
    ) -> tuple[SettledFunding, ...]:
        """Return all settlements from ``since`` to ``until``, page by page."""
        found: list[SettledFunding] = []
        start = since
        while start <= until:
            body = await self._ask(
                "fundingHistory",
                coin=coin,
                startTime=clock.to_ms(start),
                endTime=clock.to_ms(until),
            )
            page = parsing.parse_funding(body)
            found += page
            if len(page) < FUNDING_PAGE:
                break
            # One settlement a coin and millisecond: the next page starts behind it.
            following = page[-1].settled_at + timedelta(milliseconds=1)
            if following <= start:
                raise VenueError(
                    f"fundingHistory: page from {clock.iso(start)} ends at "
                    f"{clock.iso(page[-1].settled_at)}; expected ascending times"
                )
            start = following
        return tuple(found)

    async def asset_contexts(self) -> tuple[AssetContext, ...]:
        """Return the context of every coin, stamped when it was received."""
        body = await self._ask("metaAndAssetCtxs")
        return parsing.parse_contexts(body, moment=clock.now())

    async def book(self, coin: str) -> Book:
        """Return the order book of ``coin``, up to 20 levels a side."""
        return parsing.parse_book(await self._ask("l2Book", coin=coin), coin=coin)

    async def recent_trades(self, coin: str) -> tuple[Trade, ...]:
        """Return the last few public trades of ``coin``."""
        return parsing.parse_trades(await self._ask("recentTrades", coin=coin))

    async def mids(self) -> dict[str, Decimal]:
        """Return coin to mid price."""
        return parsing.parse_mids(await self._ask("allMids"))

    async def status(self) -> ExchangeStatus:
        """Return the venue's clock and notice."""
        return parsing.parse_status(await self._ask("exchangeStatus"))

    async def _ask(self, kind: str, **fields: Any) -> Any:
        # Reads change nothing, so that an unanswered one may be asked again.
        if self._http is None:
            raise ConfigError("the client is not open; expected 'async with'")
        pause_s = self._patience.first_pause_s
        failure: VenueError | None = None
        for _ in range(self._patience.attempts):
            if failure is not None:
                await self._sleep(pause_s * (0.5 + self._jitter() / 2))
                pause_s = min(2 * pause_s, self._patience.longest_pause_s)
            await self._bucket.acquire(request_weight(kind))
            try:
                reply = await self._http.post(self._url, json={"type": kind, **fields})
            except httpx.TransportError as error:
                failure = VenueError(f"{self._url} {kind}: {_named(error)}")
                continue
            if reply.status_code not in _RETRIED:
                return self._body(kind, reply)
            failure = _refused(self._url, kind, reply)
            pause_s = max(pause_s, _wished_pause_s(reply))
        raise VenueError(f"{failure}; gave up after {self._patience.attempts} attempts")

    def _body(self, kind: str, reply: httpx.Response) -> Any:
        if reply.status_code != httpx.codes.OK:
            raise _refused(self._url, kind, reply)
        try:
            body = json.loads(reply.content)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise VenueError(
                f"{self._url} {kind}: reply is no JSON: {_shown(reply)}; expected JSON"
            ) from error
        if body is None and kind != "l2Book":
            raise VenueError(f"{self._url} {kind}: reply is null; expected data")
        self._bucket.charge(reply_weight(kind, len(body) if body else 0))
        return body


def _info_url(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ConfigError(f"base url {base_url!r} is no url: {error}") from error
    is_plain = url.path in ("", "/") and not url.query and not url.fragment
    if url.scheme not in ("http", "https") or not url.host or not is_plain:
        raise ConfigError(
            f"base url {base_url!r}; expected scheme and host only, e.g. "
            f"{MAINNET_READS}"
        )
    return str(url.copy_with(path=_INFO))


def _refused(url: str, kind: str, reply: httpx.Response) -> VenueError:
    return VenueError(
        f"{url} {kind}: HTTP {reply.status_code} {_shown(reply)}; expected 200"
    )


def _shown(reply: httpx.Response) -> str:
    return repr(" ".join(reply.text.split())[:_SHOWN])


def _named(error: httpx.TransportError) -> str:
    kind = "timeout" if isinstance(error, httpx.TimeoutException) else "no connection"
    return f"{kind} ({type(error).__name__})"


def _wished_pause_s(reply: httpx.Response) -> float:
    wished = reply.headers.get("retry-after", "")
    return min(float(wished), _LONGEST_WISH_S) if wished.isdigit() else 0.0
