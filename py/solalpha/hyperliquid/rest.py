"""Read the venue's public data over HTTPS, typed, within its request budget."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from solalpha import clock
from solalpha.hyperliquid import parsing
from solalpha.hyperliquid.asking import (
    CLOCK_LIMIT_S,
    MAINNET_READS,
    TESTNET_READS,
    Asker,
    Patience,
    Tally,
    clock_error,
)
from solalpha.hyperliquid.failures import ItemError
from solalpha.hyperliquid.fields import Page
from solalpha.hyperliquid.replies import (
    AssetContext,
    AssetMeta,
    Book,
    Candle,
    ExchangeStatus,
    PredictedFunding,
    SettledFunding,
    Trade,
)
from solalpha.hyperliquid.weights import WeightBucket

__all__ = [
    "CLOCK_LIMIT_S",
    "FUNDING_PAGE",
    "MAINNET_READS",
    "MAX_CANDLES",
    "TESTNET_READS",
    "InfoClient",
    "Patience",
]

MAX_CANDLES = 5000
FUNDING_PAGE = 500
# Answers to a refused row before the rest of the page is taken without it.
_STRICT_ANSWERS = 3

_Row = TypeVar("_Row")


@dataclass(slots=True)
class _Tolerance:
    # A page with refused rows is asked for again; what stays wrong is counted.
    answers: int = 0

    def __call__(self, page: Page[_Row]) -> Page[_Row]:
        self.answers += 1
        if page.refused and self.answers < _STRICT_ANSWERS:
            raise ItemError(page.refused[0])
        return page


class InfoClient:
    """Ask the venue for public data; use it as an async context manager.

    Parameters
    ----------
    base_url
        Scheme and host; ``/info`` is appended.
    bucket
        The request budget; the one of this process if None.
    sleep, jitter
        How to wait, and a random share in [0, 1) of the pause between attempts.
    now
        Our clock: stamps what has no time and is held against the venue's.
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
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.asker = Asker(
            base_url,
            bucket=bucket,
            patience=patience,
            transport=transport,
            sleep=sleep,
            jitter=jitter,
            now=now,
        )

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        await self.asker.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection pool."""
        await self.asker.__aexit__(kind, error, trace)

    @property
    def tally(self) -> Tally:
        """Requests, repeats and weight of this client so far."""
        return self.asker.tally

    async def meta(self) -> tuple[AssetMeta, ...]:
        """Return every coin's rules in the order of asset ids."""
        return await self.asker.ask("meta", parsing.parse_meta)

    async def asset_contexts(self) -> tuple[AssetContext, ...]:
        """Return the context of every coin, stamped when it was received."""
        return await self.asker.ask(
            "metaAndAssetCtxs",
            lambda body: parsing.parse_contexts(body, moment=self.asker.now()),
        )

    async def mids(self) -> dict[str, Decimal]:
        """Return coin to mid price."""
        return await self.asker.ask("allMids", parsing.parse_mids)

    async def book(self, coin: str) -> Book:
        """Return the order book of ``coin``, up to 20 levels a side."""
        return await self.asker.ask(
            "l2Book", lambda body: parsing.parse_book(body, coin=coin), coin=coin
        )

    async def recent_trades(self, coin: str) -> Page[Trade]:
        """Return the last few public trades of ``coin`` in time order."""
        tolerated = _Tolerance()
        return await self.asker.ask(
            "recentTrades",
            lambda body: tolerated(parsing.trade_page(body, coin=coin)),
            coin=coin,
        )

    async def candles(
        self, coin: str, interval: str, *, since: datetime, until: datetime
    ) -> Page[Candle]:
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
        tolerated = _Tolerance()

        def parse(body: Any) -> Page[Candle]:
            return tolerated(
                parsing.candle_page(body, moment=until, coin=coin, interval=interval)
            )

        return await self.asker.ask("candleSnapshot", parse, req=window)

    async def funding_page(
        self, coin: str, *, since: datetime, until: datetime
    ) -> Page[SettledFunding]:
        """Return the first settlements from ``since`` to ``until``, at most a page."""
        tolerated = _Tolerance()

        def parse(body: Any) -> Page[SettledFunding]:
            page = tolerated(parsing.funding_page(body, coin=coin))
            outside = [row for row in page.rows if not since <= row.settled_at <= until]
            if outside:
                raise ItemError(
                    f"fundingHistory: page from {clock.iso(since)} holds "
                    f"{clock.iso(outside[0].settled_at)}; expected times from there to "
                    f"{clock.iso(until)}"
                )
            return page

        window = {"startTime": clock.to_ms(since), "endTime": clock.to_ms(until)}
        return await self.asker.ask("fundingHistory", parse, coin=coin, **window)

    async def funding_history(
        self, coin: str, *, since: datetime, until: datetime
    ) -> tuple[SettledFunding, ...]:
        """Return all settlements from ``since`` to ``until``, page by page."""
        found: list[SettledFunding] = []
        start = since
        while start <= until:
            page = await self.funding_page(coin, since=start, until=until)
            found += page.rows
            if page.received < FUNDING_PAGE or not page.rows:
                break
            # One settlement a coin and millisecond: the next page starts behind it.
            start = page.rows[-1].settled_at + timedelta(milliseconds=1)
        return tuple(found)

    async def predicted_funding(self) -> tuple[PredictedFunding, ...]:
        """Return what each venue is predicted to settle next, per coin."""
        return await self.asker.ask("predictedFundings", parsing.parse_predicted)

    async def status(self) -> ExchangeStatus:
        """Return the venue's clock and notice."""
        return await self.asker.ask("exchangeStatus", parsing.parse_status)

    async def clock_skew_s(self) -> float:
        """Return by how many seconds our clock is ahead of the venue's.

        Raises
        ------
        ClockError
            If it is further off than ``CLOCK_LIMIT_S``, even if the reply was on
            its way for the whole time between request and reply.
        """
        sent_at = self.asker.now()
        status = await self.status()
        received_at = self.asker.now()
        middle = sent_at + (received_at - sent_at) / 2
        skew_s = (middle - status.event_at).total_seconds()
        slack_s = (received_at - sent_at).total_seconds() / 2
        if abs(skew_s) > CLOCK_LIMIT_S + slack_s:
            raise clock_error(skew_s, "exchangeStatus")
        return skew_s
