"""Follow the venue's websocket: frames as they come, and when the line was down.

One task reads and hands on; nothing is queued here beyond the socket's own bounded
buffer, so that a slow reader slows the sender and memory stays flat. Any breach, a
silent channel, a missing pong or a closed socket, ends in a fresh connection with
all subscriptions anew: a half-dead one is never mended.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import random
import ssl
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidURI,
    WebSocketException,
)

from solalpha import clock
from solalpha.errors import ConfigError, DataError, VenueError
from solalpha.hyperliquid.stream_parsing import Message, read_frame, subscription_of
from solalpha.hyperliquid.waiting import pause, within
from solalpha.hyperliquid.watchdogs import Pulse, StreamPatience, Watchdogs

__all__ = ["MAINNET_STREAM", "TESTNET_STREAM", "Stream", "StreamEvent"]

MAINNET_STREAM = "wss://api.hyperliquid.xyz/ws"
TESTNET_STREAM = "wss://api.hyperliquid-testnet.xyz/ws"
# The longest real frame is some 10 kB; what is longer than this is no market data.
LARGEST_FRAME_BYTES = 4 << 20
_QUEUED_FRAMES = (256, 64)
_PING = b'{"method":"ping"}'
_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """Hand on one thing that happened.

    Attributes
    ----------
    kind
        ``frame``: ``data`` and ``message`` are set. ``lost``: the connection is
        given up for ``reason``; where one channel was silent it is named. ``tick``:
        nothing came, time passes.
    received_at, monotonic_s
        The moment, on the wall clock and on the one that never goes back.
    """

    kind: Literal["frame", "lost", "tick"]
    received_at: datetime
    monotonic_s: float
    data: bytes = b""
    message: Message | None = None
    coin: str | None = None
    channel: str | None = None
    reason: str = ""


class _Breach(Exception):  # noqa: N818 - ends a connection, never seen outside
    def __init__(
        self, reason: str, coin: str | None = None, channel: str | None = None
    ) -> None:
        super().__init__(reason)
        self.coin, self.channel = coin, channel


@dataclass(slots=True)
class Stream:
    """Read the public channels of ``coins`` until the reader stops asking.

    Parameters
    ----------
    url
        ``wss://`` address; ``ws://`` on loopback only.
    now, monotonic_s, jitter
        The two clocks, and a random share in [0, 1).
    """

    url: str
    coins: Sequence[str]
    patience: StreamPatience = field(default_factory=StreamPatience)
    now: Callable[[], datetime] = clock.now
    monotonic_s: Callable[[], float] = clock.monotonic_s
    jitter: Callable[[], float] = random.random
    connections: int = 0
    _watchdogs: Watchdogs = field(init=False)
    _failures: int = field(default=0, init=False)
    _is_live: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Check the address."""
        check_url(self.url)
        self._watchdogs = Watchdogs(self.coins, self.patience)

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        """Yield frames, losses and ticks, reconnecting for ever.

        Raises
        ------
        VenueError
            If the venue cannot be reached and never was.
        DataError
            If the venue refuses a subscription before any data came.
        """
        while True:
            began = self.monotonic_s()
            try:
                async for event in self._connection():
                    yield event
            except _Breach as breach:
                yield self._event(
                    "lost",
                    reason=str(breach),
                    coin=breach.coin,
                    channel=breach.channel,
                )
            except (OSError, TimeoutError, WebSocketException) as error:
                self._check_reach(error)
                yield self._event("lost", reason=_named(error))
            lived = self.monotonic_s() - began
            is_healthy = lived >= self.patience.healthy_after_s
            self._failures = 0 if is_healthy else self._failures + 1
            async for _ in pause(self._pause_s(), self.patience.tick_s):
                yield self._event("tick")

    async def _connection(self) -> AsyncGenerator[StreamEvent, None]:
        opening = asyncio.ensure_future(self._opened())
        try:
            while not (await asyncio.wait({opening}, timeout=self.patience.tick_s))[0]:
                yield self._event("tick")
        finally:
            opening.cancel()
        socket = opening.result()
        try:
            self.connections += 1
            for coin, channel in self._watchdogs.keys:
                wish = subscription_of(channel, coin)
                text = orjson.dumps({"method": "subscribe", "subscription": wish})
                await socket.send(text.decode())
            async for event in self._session(socket):
                yield event
        finally:
            await socket.close()

    async def _opened(self) -> ClientConnection:
        return await connect(
            self.url,
            max_size=LARGEST_FRAME_BYTES,
            max_queue=_QUEUED_FRAMES,
            open_timeout=self.patience.connect_within_s,
            close_timeout=self.patience.close_within_s,
            # The venue counts its own pings only; a second heartbeat adds nothing.
            ping_interval=None,
            proxy=None if _is_loopback(self.url) else True,
        )

    async def _session(
        self, socket: ClientConnection
    ) -> AsyncGenerator[StreamEvent, None]:
        at = self.monotonic_s()
        self._watchdogs.restart(at)
        pulse = Pulse(self.patience, at)
        while True:
            wait_s = min(
                pulse.wait_s(at), self._watchdogs.wait_s(at), self.patience.tick_s
            )
            data = await within(socket.recv(decode=False), max(wait_s, 0.0))
            at = self.monotonic_s()
            if data is None:
                yield self._event("tick")
            else:
                yield self._taken(bytes(data), pulse, at)
            # While the reader was busy with what it got, nothing could be heard.
            at, busy_s = self.monotonic_s(), self.monotonic_s() - at
            pulse.forgive(busy_s)
            self._watchdogs.forgive(busy_s)
            if pulse.is_due(at):
                await socket.send(_PING.decode())
            if pulse.is_dead(at):
                raise _Breach("no pong")
            if late := self._watchdogs.breach(at):
                (coin, channel), silence = late
                raise _Breach(f"silent for {silence:.0f} s", coin, channel)

    def _taken(self, data: bytes, pulse: Pulse, at: float) -> StreamEvent:
        message = read_frame(data)
        if message.kind == "pong":
            pulse.answered()
        elif message.kind == "data":
            self._is_live = True
            self._watchdogs.note(message.coin, message.channel, at)
        elif message.kind == "error" and not self._is_live:
            raise DataError(
                f"{self.url} refused a subscription: {message.text[:_SHOWN]!r}; "
                f"expected coins that the venue lists, found {', '.join(self.coins)}"
            )
        return self._event("frame", data=data, message=message)

    def _event(
        self,
        kind: Literal["frame", "lost", "tick"],
        *,
        data: bytes = b"",
        message: Message | None = None,
        coin: str | None = None,
        channel: str | None = None,
        reason: str = "",
    ) -> StreamEvent:
        return StreamEvent(
            kind=kind,
            received_at=self.now(),
            monotonic_s=self.monotonic_s(),
            data=data,
            message=message,
            coin=coin,
            channel=channel,
            reason=reason,
        )

    def _check_reach(self, error: Exception) -> None:
        is_hopeless = self._failures + 1 >= self.patience.first_attempts
        if self.connections == 0 and is_hopeless:
            raise VenueError(
                f"{self.url}: {_named(error)} in {self.patience.first_attempts} "
                "attempts; expected a websocket"
            ) from error

    def _pause_s(self) -> float:
        pause_s = math.ldexp(self.patience.first_pause_s, min(self._failures, 30))
        limited = min(pause_s, self.patience.longest_pause_s)
        return limited * (0.5 + 0.5 * self.jitter())


def check_url(url: str) -> None:
    """Refuse an address that is no websocket, or a plain one beyond this machine.

    Raises
    ------
    ConfigError
        If it is.
    """
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        has_place = False
    is_fit = has_place and (url.startswith("wss://") or _is_loopback(url))
    if not is_fit or not url.startswith(("ws://", "wss://")):
        raise ConfigError(
            f"--url {url!r}; expected wss://HOST/ws, or ws:// on this machine, e.g. "
            f"{MAINNET_STREAM}"
        )


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _named(error: Exception) -> str:
    if isinstance(error, ConnectionClosed):
        code = error.rcvd.code if error.rcvd else None
        return f"closed with code {code}" if code else "closed without a word"
    if isinstance(error, InvalidHandshake | InvalidURI):
        return f"no websocket there ({type(error).__name__})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return "no safe connection"
    return f"no connection ({type(error).__name__})"
