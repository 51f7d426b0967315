"""When a stream counts as dead: one watchdog per coin and channel, and the pulse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from solalpha.hyperliquid.stream_parsing import (
    BOOK,
    CHANNELS,
    CONTEXT,
    FAST_BOOK,
    QUOTES,
    TRADES,
)

Key = tuple[str, str]

# The venue's cadence: fast books 0.5 s, full books 5 s, contexts a few seconds; quotes
# and trades come when something happens, so theirs is the wait for a liquid coin.
SILENCE_S = {
    FAST_BOOK: 5.0,
    BOOK: 20.0,
    CONTEXT: 20.0,
    QUOTES: 60.0,
    TRADES: 60.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPatience:
    """Say how long a stream is waited for; seconds.

    Attributes
    ----------
    silence_s
        Channel to the longest silence before the socket is given up. It doubles,
        up to ``longest_silence_s``, each time a quiet channel gave nothing.
    ping_every_s, pong_within_s
        The venue closes a connection it has sent nothing for 60 s.
    first_pause_s, longest_pause_s
        Pause before a new connection; doubles with each failure, with jitter, and
        keeps below the venue's 30 new connections a minute.
    healthy_after_s
        A connection that lived this long ends the row of failures.
    first_attempts
        Failed connections before the venue counts as out of reach, if none worked.
    tick_s
        Longest wait between two events handed on.
    """

    silence_s: dict[str, float] = field(default_factory=lambda: dict(SILENCE_S))
    longest_silence_s: float = 3600.0
    ping_every_s: float = 20.0
    pong_within_s: float = 10.0
    connect_within_s: float = 10.0
    close_within_s: float = 2.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    healthy_after_s: float = 60.0
    first_attempts: int = 5
    tick_s: float = 0.2


class Watchdogs:
    """Watch the channels of one stream, over all of its connections."""

    def __init__(self, coins: Iterable[str], patience: StreamPatience) -> None:
        self._limits = patience.silence_s
        self._longest = patience.longest_silence_s
        self._stretch: dict[Key, float] = {}
        self._last: dict[Key, float] = {
            (coin, channel): 0.0 for coin in coins for channel in CHANNELS
        }

    @property
    def keys(self) -> tuple[Key, ...]:
        """Coins and channels that are watched."""
        return tuple(self._last)

    def restart(self, at: float) -> None:
        """Begin a connection: nothing is late yet."""
        self._last = dict.fromkeys(self._last, at)

    def forgive(self, seconds: float) -> None:
        """Leave out a time in which nobody read what came."""
        self._last = {key: last + seconds for key, last in self._last.items()}

    def note(self, coin: str | None, channel: str, at: float) -> None:
        """Take down that a message of the channel came; ``coin`` None means all."""
        for key in self._last:
            if key[1] == channel and coin in (None, key[0]):
                self._last[key] = at
                self._stretch.pop(key, None)

    def breach(self, at: float) -> tuple[Key, float] | None:
        """Return the key silent for too long and its silence, if there is one.

        Its limit is doubled, so that a coin that seldom trades is not reconnected
        every minute.
        """
        for key, last in self._last.items():
            limit = self._limit(key)
            if at - last > limit:
                self._stretch[key] = self._stretch.get(key, 1.0) * 2
                return key, at - last
        return None

    def wait_s(self, at: float) -> float:
        """Return the seconds until the next channel is late."""
        return min(last + self._limit(key) - at for key, last in self._last.items())

    def _limit(self, key: Key) -> float:
        wished = self._limits[key[1]] * self._stretch.get(key, 1.0)
        return min(wished, max(self._longest, self._limits[key[1]]))


class Pulse:
    """Say when to ping, and whether the answer is overdue."""

    def __init__(self, patience: StreamPatience, at: float) -> None:
        self._patience = patience
        self._next_ping = at + patience.ping_every_s
        self._waiting_since: float | None = None

    def is_due(self, at: float) -> bool:
        """Whether a ping is to be sent; if so it counts as sent."""
        if at < self._next_ping:
            return False
        self._next_ping = at + self._patience.ping_every_s
        if self._waiting_since is None:
            self._waiting_since = at
        return True

    def forgive(self, seconds: float) -> None:
        """Leave out a time in which nobody read what came."""
        if self._waiting_since is not None:
            self._waiting_since += seconds

    def answered(self) -> None:
        """Take down a pong."""
        self._waiting_since = None

    def is_dead(self, at: float) -> bool:
        """Whether a pong is overdue."""
        since = self._waiting_since
        return since is not None and at - since > self._patience.pong_within_s

    def wait_s(self, at: float) -> float:
        """Return the seconds until a ping is due or a pong overdue."""
        ends = [self._next_ping]
        if self._waiting_since is not None:
            ends.append(self._waiting_since + self._patience.pong_within_s)
        return min(ends) - at
