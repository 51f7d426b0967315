"""What a recorder needs from the venue's wire, which it does not know itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

Row = Mapping[str, str | int | None]


class Message(Protocol):
    """Say what a frame is; rows carry columns of ``table`` as text."""

    @property
    def kind(self) -> str:
        """``data``, ``acknowledged``, ``refused`` or something to keep only."""

    @property
    def channel(self) -> str:
        """Name of the channel, empty where it has none."""

    @property
    def coin(self) -> str | None:
        """Coin of the frame, None where it has none or several."""

    @property
    def table(self) -> str | None:
        """Raw table of the rows."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows with ``event_ms``, where the venue sends a time."""

    @property
    def refused(self) -> tuple[str, ...]:
        """Reasons for what was refused."""

    @property
    def venue_ms(self) -> int | None:
        """Newest time of the venue in the frame."""


class Event(Protocol):
    """Hand on a frame, a lost connection, or that time passes."""

    @property
    def kind(self) -> str:
        """``frame``, ``lost`` or ``tick``."""

    @property
    def received_at(self) -> datetime:
        """Moment on the wall clock."""

    @property
    def monotonic_s(self) -> float:
        """Moment on the clock that never goes back."""

    @property
    def data(self) -> bytes:
        """Bytes of the frame."""

    @property
    def message(self) -> Message | None:
        """What the frame says."""

    @property
    def coin(self) -> str | None:
        """Coin of the silent channel, None if the whole line was lost."""

    @property
    def channel(self) -> str | None:
        """The silent channel."""

    @property
    def reason(self) -> str:
        """Why the line was given up."""


Events = AsyncGenerator[Event, None]
ReadMessage = Callable[[Any], Message]
