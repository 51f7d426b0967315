"""Lengths: of a candle from its name, of a funding interval from its spacing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from solalpha.errors import ConfigError

_CANDLE = re.compile(r"^([1-9]\d{0,3})([mhdw])$")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
FUNDING_HOURS = (1, 4, 8)
# The venue settled every 8 hours up to here and every hour since; only used for a
# file that is too short to tell by its spacing.
LAST_EIGHT_HOURLY = datetime(2023, 6, 8, tzinfo=UTC)
_JITTER = timedelta(minutes=30)


def candle_seconds(interval: str) -> int:
    """Return the length of a candle called e.g. ``1h``, in seconds.

    Raises
    ------
    ConfigError
        If the name is not a number and m, h, d or w.
    """
    match = _CANDLE.match(interval)
    if match is None:
        raise ConfigError(
            f"interval {interval!r} is unknown; expected e.g. 1m, 5m, 15m, 1h, 4h, 1d"
        )
    return int(match.group(1)) * _SECONDS[match.group(2)]


def funding_hours(settled_at: Sequence[datetime]) -> list[int]:
    """Return the hours that each settlement charges for.

    Parameters
    ----------
    settled_at
        Aware settlement times in ascending order, some jitter around the hour.

    Notes
    -----
    A shorter spacing than the current one changes it at once, because a hole can
    only lengthen a spacing; a longer one changes it when it repeats.
    """
    gaps = [
        round((later - earlier) / timedelta(hours=1))
        for earlier, later in pairwise(settled_at)
    ]
    if not gaps:
        return [_by_date(moment) for moment in settled_at]
    current = _first_spacing(gaps, settled_at[0])
    hours = [current]
    for position, gap in enumerate(gaps):
        following = gaps[position + 1 : position + 3]
        repeats = len(following) == 2 and all(other == gap for other in following)
        if gap in FUNDING_HOURS and (gap < current or repeats):
            current = gap
        hours.append(current)
    return hours


def _first_spacing(gaps: Sequence[int], first: datetime) -> int:
    # A first spacing that the date confirms is no hole, even if shorter ones follow.
    usual = [gap for gap in gaps[:9] if gap in FUNDING_HOURS]
    if not usual or gaps[0] == _by_date(first):
        return _by_date(first)
    counts = Counter(usual[:3])
    return min(counts, key=lambda gap: (-counts[gap], gap))


def _by_date(moment: datetime) -> int:
    return 8 if moment <= LAST_EIGHT_HOURLY + _JITTER else 1
