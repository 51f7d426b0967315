"""The venue's request budget: 1200 weight a minute per address of ours.

A request is paid for before it is sent; what its reply turns out to weigh is
charged afterwards and delays the next request. All clients of a process share one
budget. A refusal for too many requests empties it and slows it down for a while:
somebody else may be spending behind the same address.
"""

from __future__ import annotations

import asyncio
import threading
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
_SLOWEST = 1 / 8
_RECOVERY = 1.05


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

    Safe to share between threads and event loops: a request reserves its weight at
    once, in the order of asking, and waits until the reservation is covered.

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
        self._pace = 1.0
        self._monotonic_s = monotonic_s
        self._sleep = sleep
        self._left = per_minute
        self._spent = 0.0
        self._seen_s = monotonic_s()
        self._guard = threading.Lock()

    @property
    def left(self) -> float:
        """Weight that can be spent now; negative while overdrawn."""
        with self._guard:
            self._refill()
            return self._left

    @property
    def spent(self) -> float:
        """Weight that was spent through this budget since it was made."""
        with self._guard:
            return self._spent

    @property
    def pace(self) -> float:
        """Share of the published refill that is counted on now, in (0, 1]."""
        return self._pace

    async def acquire(self, weight: float) -> None:
        """Take ``weight`` and wait until it is covered; first come, first served."""
        with self._guard:
            self._take(weight)
            wait_s = -self._left / (self._per_second * self._pace)
        if wait_s > 0:
            await self._sleep(wait_s)

    def charge(self, weight: float) -> None:
        """Take ``weight`` at once, for a reply that has arrived."""
        with self._guard:
            self._take(weight)

    def slow_down(self, wished_s: float) -> None:
        """Obey a refusal: spend nothing for ``wished_s``, then at half the pace."""
        with self._guard:
            self._refill()
            self._pace = max(self._pace / 2, _SLOWEST)
            debt = wished_s * self._per_second * self._pace
            self._left = min(self._left, -debt)

    def speed_up(self) -> None:
        """Regain a little of the pace, for a request that was answered."""
        with self._guard:
            self._refill()
            self._pace = min(1.0, self._pace * _RECOVERY)

    def _take(self, weight: float) -> None:
        self._refill()
        self._left -= weight
        self._spent += weight

    def _refill(self) -> None:
        now_s = self._monotonic_s()
        gained = (now_s - self._seen_s) * self._per_second * self._pace
        self._left = min(self._capacity, self._left + gained)
        self._seen_s = now_s


class _Shared:
    guard = threading.Lock()
    bucket: WeightBucket | None = None


def shared_bucket() -> WeightBucket:
    """Return the budget of this process, made at the first call."""
    with _Shared.guard:
        if _Shared.bucket is None:
            _Shared.bucket = WeightBucket(WEIGHT_PER_MINUTE)
        return _Shared.bucket
