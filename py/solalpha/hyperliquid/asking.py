"""Ask one question of the venue's reads: pay, send, wait, and ask again.

There is one address, ``/info``, and no way to name another: nothing here can
place an order anywhere.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from solalpha import clock
from solalpha.errors import ConfigError, VenueError
from solalpha.hyperliquid.body import MAX_REPLY_BYTES, decode, shown
from solalpha.hyperliquid.failures import ClockError, ItemError, WireError
from solalpha.hyperliquid.weights import (
    WeightBucket,
    reply_weight,
    request_weight,
    shared_bucket,
)

MAINNET_READS = "https://api.hyperliquid.xyz"
TESTNET_READS = "https://api.hyperliquid-testnet.xyz"
# Beyond it no candle can be called closed; the venue's blocks are far shorter.
CLOCK_LIMIT_S = 5.0
_INFO = "/info"
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_LONGEST_WISH_S = 120.0
# The Date header is cut to whole seconds.
_DATE_STEP_S = 1.0

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Say how long to wait for a reply and how often to ask again; seconds."""

    timeout_s: float = 10.0
    attempts: int = 6
    first_pause_s: float = 0.5
    longest_pause_s: float = 20.0


@dataclass(slots=True, kw_only=True)
class Tally:
    """Count what one client asked for; ``weight`` as the venue counts it."""

    requests: int = 0
    repeats: int = 0
    weight: float = 0.0


class Asker:
    """Hold the connection, the budget and the patience of one client.

    Parameters
    ----------
    base_url
        Scheme and host; ``/info`` is appended.
    bucket
        The request budget; the process's own if None.
    sleep, jitter
        How to wait, and a random share in [0, 1) of the pause between attempts.
    now
        Our clock, to be held against the venue's.
    """

    def __init__(
        self,
        base_url: str,
        *,
        bucket: WeightBucket | None,
        patience: Patience | None,
        transport: httpx.AsyncBaseTransport | None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._url = _info_url(base_url)
        self._bucket = bucket or shared_bucket()
        self._patience = patience or Patience()
        self._transport = transport
        self._sleep = sleep
        self._jitter = jitter
        self._http: httpx.AsyncClient | None = None
        self.now = now
        self.tally = Tally()

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

    async def ask(
        self, kind: str, parse: Callable[[Any], _Answer], **body: Any
    ) -> _Answer:
        """Return the parsed reply to one read; ask again while that may help.

        Raises
        ------
        WireError, ItemError
            If the last attempt still failed, or the failure will not pass.
        EnvelopeError
            If the venue refuses in words.
        ClockError
            If the venue's clock is too far from ours.
        """
        pause_s, failure = self._patience.first_pause_s, VenueError("not asked")
        for attempt in range(self._patience.attempts):
            if attempt:
                self.tally.repeats += 1
                await self._sleep(pause_s * (0.5 + self._jitter() / 2))
                pause_s = min(2 * pause_s, self._patience.longest_pause_s)
            try:
                return parse(await self._once(kind, body))
            except ItemError as error:
                failure = error
            except WireError as error:
                if not error.is_passing:
                    raise
                failure, pause_s = error, max(pause_s, error.wished_pause_s)
        told = f"{failure}; gave up after {self._patience.attempts} attempts"
        if isinstance(failure, WireError):
            raise WireError(told, is_passing=True) from failure
        raise ItemError(told) from failure

    async def _once(self, kind: str, body: dict[str, Any]) -> Any:
        if self._http is None:
            raise ConfigError("the client is not open; expected 'async with'")
        self._pay(sent := request_weight(kind))
        await self._bucket.acquire(sent)
        try:
            async with asyncio.timeout(self._patience.timeout_s):
                status, headers, content = await self._sent(kind, body)
        except (httpx.TransportError, TimeoutError) as error:
            told = f"{self._url} {kind}: {_named(error)}"
            raise WireError(told, is_passing=True) from error
        self._check_date(headers)
        if status != httpx.codes.OK:
            raise self._refused(kind, status, headers, content)
        value = decode(content, kind, url=self._url)
        if value is None and kind not in ("l2Book", "userRole"):
            told = f"{self._url} {kind}: reply is null; expected data"
            raise WireError(told, is_passing=True)
        self._bucket.speed_up()
        weight = reply_weight(kind, len(value) if isinstance(value, list) else 0)
        self._bucket.charge(weight)
        self.tally.weight += weight
        return value

    def _pay(self, weight: float) -> None:
        self.tally.requests += 1
        self.tally.weight += weight

    async def _sent(
        self, kind: str, body: dict[str, Any]
    ) -> tuple[int, httpx.Headers, bytes]:
        # Read in pieces, so that a reply without end fills no memory.
        if self._http is None:
            raise ConfigError("the client is not open; expected 'async with'")
        question = {"type": kind, **body}
        content = bytearray()
        async with self._http.stream("POST", self._url, json=question) as reply:
            async for piece in reply.aiter_bytes():
                content += piece
                if len(content) > MAX_REPLY_BYTES:
                    break
            return reply.status_code, reply.headers, bytes(content)

    def _refused(
        self, kind: str, status: int, headers: httpx.Headers, content: bytes
    ) -> WireError:
        wished_s = self._wished_pause_s(headers)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            self._bucket.slow_down(wished_s)
        return WireError(
            f"{self._url} {kind}: HTTP {status} {shown(content)}; expected 200",
            is_passing=status in _RETRIED,
            wished_pause_s=wished_s,
        )

    def _wished_pause_s(self, headers: httpx.Headers) -> float:
        wished = headers.get("retry-after", "").strip()
        if wished.isascii() and wished.isdigit():
            return min(float(wished[:9]), _LONGEST_WISH_S)
        until = _http_date(wished)
        if until is None:
            return 0.0
        return min(max((until - self.now()).total_seconds(), 0.0), _LONGEST_WISH_S)

    def _check_date(self, headers: httpx.Headers) -> None:
        told = _http_date(headers.get("date", ""))
        if told is None:
            return
        skew_s = (self.now() - told).total_seconds()
        margin_s = CLOCK_LIMIT_S + self._patience.timeout_s
        # The header may be cached or late: it may lag by a time-out, never lead.
        if not -CLOCK_LIMIT_S <= skew_s <= margin_s + _DATE_STEP_S:
            raise clock_error(skew_s, self._url)


def clock_error(skew_s: float, url: str) -> ClockError:
    """Return the error that says how far our clock is ahead, in seconds."""
    side = "ahead of" if skew_s > 0 else "behind"
    return ClockError(
        f"this machine's clock is {abs(skew_s):.1f} s {side} the venue's ({url}); "
        f"expected within {CLOCK_LIMIT_S:.0f} s: set the clock and run again"
    )


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


def _http_date(text: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told


def _named(error: Exception) -> str:
    is_slow = isinstance(error, httpx.TimeoutException | TimeoutError)
    kind = "timeout" if is_slow else "no connection"
    return f"{kind} ({type(error).__name__})"
