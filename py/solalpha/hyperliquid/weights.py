"""The venue's request budget: 1200 weight a minute per address of ours.

A request is paid for before it is sent; what its reply turns out to weigh is
charged afterwards and delays the next request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from solalpha import clock

WEIGHT_PER_MINUTE = 1200.0
_LIGHT = frozenset(
    {
        "allMids",
        "clearinghouseState",
        "exchangeStatus",
        "l2Book",
        "orderStatus",
        "spotClearinghouseState",
    }
)
_PER_TWENTY_ROWS = frozenset(
    {
        "fundingHistory",
        "historicalOrders",
        "recentTrades",
        "userFills",
        "userFillsByTime",
        "userFunding",
        "userNonFundingLedgerUpdates",
        "userTwapSliceFills",
    }
)


def request_weight(kind: str) -> int:
    """Return what an info request of this ``type`` weighs when it is sent."""
    if kind in _LIGHT:
        return 2
    return 60 if kind == "userRole" else 20


def reply_weight(kind: str, rows: int) -> int:
    """Return what ``rows`` rows of a reply weigh beside the request itself."""
    if kind == "candleSnapshot":
        return rows // 60
    return rows // 20 if kind in _PER_TWENTY_ROWS else 0


class WeightBucket:
    """Hold the budget: it refills steadily and may be overdrawn by a large reply.

    Parameters
    ----------
    per_minute
        Weight that refills in a minute, and the most that can be saved up.
    monotonic_s, sleep
        A clock in seconds that never goes back, and how to wait on it.
    """

    def __init__(
        self,
        per_minute: float,
        *,
        monotonic_s: Callable[[], float] = clock.monotonic_s,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._capacity = per_minute
        self._per_second = per_minute / 60
        self._monotonic_s = monotonic_s
        self._sleep = sleep
        self._left = per_minute
        self._seen_s = monotonic_s()
        self._queue = asyncio.Lock()

    @property
    def left(self) -> float:
        """Weight that can be spent now; negative while overdrawn."""
        self._refill()
        return self._left

    async def acquire(self, weight: float) -> None:
        """Wait until ``weight`` is there and take it; first come, first served."""
        async with self._queue:
            missing = weight - self.left
            while missing > 0:
                await self._sleep(missing / self._per_second)
                missing = weight - self.left
            self._left -= weight

    def charge(self, weight: float) -> None:
        """Take ``weight`` at once, for a reply that has arrived."""
        self._refill()
        self._left -= weight

    def _refill(self) -> None:
        now_s = self._monotonic_s()
        gained = (now_s - self._seen_s) * self._per_second
        self._left = min(self._capacity, self._left + gained)
        self._seen_s = now_s
