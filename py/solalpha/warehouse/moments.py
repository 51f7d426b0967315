"""Times as callers say them, as the tables hold them: naive UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from solalpha.errors import ConfigError
from solalpha.warehouse import duck

Moment = datetime | date | str


def naive(moment: Moment) -> datetime:
    """Return ``moment`` as naive UTC.

    Parameters
    ----------
    moment
        An aware datetime, a date (its midnight), or ISO text that is UTC unless it
        says otherwise.

    Raises
    ------
    ConfigError
        If text is no time, a datetime has no zone, or it is none of these.
    """
    if not isinstance(moment, Moment):
        raise ConfigError(
            f"time {moment!r} is not understood; expected a date, an aware datetime "
            "or ISO text"
        )
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError as error:
            raise ConfigError(
                f"time {moment!r} is not understood; expected ISO text such as "
                "2025-01-31 or 2025-01-31T12:00"
            ) from error
        if moment.tzinfo is None:
            return moment
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    if moment.tzinfo is None:
        raise ConfigError(f"time {moment} has no zone; expected an aware time or text")
    return moment.astimezone(UTC).replace(tzinfo=None)


def interval(every: timedelta | str) -> str:
    """Return SQL for a length of time, of a timedelta or of text as ``4 hours``.

    Raises
    ------
    ConfigError
        If it is neither.
    """
    if not isinstance(every, timedelta | str):
        raise ConfigError(
            f"every={every!r} is not understood; expected text such as '4 hours' or a "
            "timedelta"
        )
    text = f"{every.total_seconds()} seconds" if isinstance(every, timedelta) else every
    return f"cast({duck.literal(text)} as interval)"
