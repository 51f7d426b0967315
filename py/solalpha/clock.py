"""The present moment and the few conversions of time that every room shares.

Only this module may ask what time it is; everything else is handed a time.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

from solalpha.errors import ConfigError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPACT = re.compile(r"[^0-9TZ]")


def now() -> datetime:
    """Return the present moment, aware, UTC, to the microsecond."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Return seconds of a clock that never goes back, for measuring durations."""
    return time.monotonic()


def to_ms(moment: datetime) -> int:
    """Return whole milliseconds since the epoch of an aware ``moment``."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def to_us(moment: datetime) -> int:
    """Return whole microseconds since the epoch of an aware ``moment``."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """Return the aware UTC moment ``milliseconds`` after the epoch."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def aware(moment: datetime) -> datetime:
    """Return ``moment`` in UTC; a naive one is taken to be UTC already."""
    return (
        moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    )


def parse_utc(text: str) -> datetime:
    """Parse an ISO 8601 date or time; without a zone it is UTC.

    Raises
    ------
    ConfigError
        If ``text`` is not an ISO date or time.
    """
    try:
        return aware(datetime.fromisoformat(text.strip()))
    except ValueError as error:
        raise ConfigError(
            f"time {text!r} is not ISO 8601; expected e.g. 2025-07-01 or "
            "2025-07-01T12:00:00Z"
        ) from error


def iso(moment: datetime) -> str:
    """Return ``moment`` as ISO 8601 UTC text with a trailing Z."""
    return aware(moment).isoformat().replace("+00:00", "Z")


def compact(moment: datetime) -> str:
    """Return ``moment`` as text that is safe and sortable in a file name."""
    return _COMPACT.sub("", aware(moment).strftime("%Y%m%dT%H%M%S.%fZ"))
