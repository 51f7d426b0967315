"""Which channels are being recorded, since when they are not, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from solalpha.raw.recorder.lines import GapLine, moment_of, text_of

Key = tuple[str, str]

NOT_RECORDING = "not recording"


class Liveness:
    """Follow coins' channels; a gap is known when the channel is live again.

    A channel on a socket that speaks is live, whether or not it has news, until the
    socket is given up: its gap begins with the last frame of any channel. A channel
    that fell silent on a speaking socket has lost what came after its own last
    frame.
    """

    def __init__(self) -> None:
        self._alive_at: datetime | None = None
        self._spoke_at: dict[Key, datetime] = {}
        self._down: dict[Key, tuple[datetime, str]] = {}

    def alive(self, at: datetime) -> None:
        """Take down that the socket spoke."""
        if self._alive_at is None or at > self._alive_at:
            self._alive_at = at

    def live(self, key: Key, at: datetime) -> GapLine | None:
        """Take down that the channel is live; return the gap that this ends."""
        self._spoke_at[key] = at
        if key not in self._down:
            return None
        gap_from, reason = self._down.pop(key)
        return GapLine(
            coin=key[0],
            channel=key[1],
            gap_from=gap_from,
            gap_to=max(at, gap_from),
            reason=reason,
        )

    def ended(self, gap: GapLine) -> None:
        """Take down a gap that the journal tells; one already ended is nothing new."""
        key = (gap.coin, gap.channel)
        if key in self._down and self._down[key][0] == gap.gap_from:
            del self._down[key]

    def lost(self, reason: str, silent: Key | None) -> None:
        """Take down that the socket is given up, for one silent channel or all."""
        for key, spoke_at in self._spoke_at.items():
            if key in self._down:
                continue
            is_silent = key == silent
            gap_from = spoke_at if is_silent else (self._alive_at or spoke_at)
            is_bystander = silent is not None and not is_silent
            told = f"{' '.join(silent or ())} {reason}" if is_bystander else reason
            self._down[key] = (gap_from, told)

    def stopped(self) -> None:
        """Take down that the recording ended, knowingly or not."""
        self.lost(NOT_RECORDING, None)

    def state(self) -> dict[str, object]:
        """Return what a later run must know, as JSON values."""
        return {
            "alive_at": None if self._alive_at is None else text_of(self._alive_at),
            "spoke_at": [
                [*key, text_of(moment)] for key, moment in self._spoke_at.items()
            ],
            "down": [
                [*key, text_of(since), reason]
                for key, (since, reason) in self._down.items()
            ],
        }

    def restore(
        self,
        *,
        alive_at: str | None,
        spoke_at: Iterable[tuple[str, str, str]],
        down: Iterable[tuple[str, str, str, str]],
    ) -> None:
        """Take over what an earlier run knew."""
        self._alive_at = None if alive_at is None else moment_of(alive_at)
        self._spoke_at = {(coin, name): moment_of(at) for coin, name, at in spoke_at}
        self._down = {
            (coin, name): (moment_of(since), reason)
            for coin, name, since, reason in down
        }
