from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from solalpha.errors import ConfigError
from solalpha.raw.intervals import candle_seconds, funding_hours

START = datetime(2023, 6, 5, tzinfo=UTC)


def settled(gaps: list[int]) -> list[datetime]:
    times, jitter = [START], timedelta(milliseconds=300)
    for gap in gaps:
        times.append(times[-1] + timedelta(hours=gap))
    return [t + jitter * (i % 2) for i, t in enumerate(times)]


@pytest.mark.parametrize(
    ("name", "seconds"), [("1m", 60), ("15m", 900), ("4h", 14400), ("1d", 86400)]
)
def test_candle_seconds_of_a_name(name: str, seconds: int) -> None:
    assert candle_seconds(name) == seconds


@pytest.mark.parametrize("name", ["", "1M", "h", "0h", "1.5h", "60", "1 h"])
def test_candle_of_no_fixed_length_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is unknown; expected e"):
        candle_seconds(name)


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([1, 1, 1], [1, 1, 1, 1]),
        ([8, 8, 8], [8, 8, 8, 8]),
        ([8, 8, 1, 1, 1], [8, 8, 8, 1, 1, 1]),
        ([1, 1, 2, 1], [1, 1, 1, 1, 1]),  # one settlement missing
        ([1, 1, 8, 1], [1, 1, 1, 1, 1]),  # seven missing: still hourly
        ([1, 1, 8, 8, 1], [1, 1, 1, 1, 1, 1]),
        ([8, 8, 16, 8], [8, 8, 8, 8, 8]),
        ([8, 8, 24, 1, 1], [8, 8, 8, 8, 1, 1]),
        ([2, 1, 1], [1, 1, 1, 1]),
        ([1, 1, 8, 8, 8, 8], [1, 1, 1, 8, 8, 8, 8]),
    ],
)
def test_funding_interval_follows_the_spacing(
    gaps: list[int], expected: list[int]
) -> None:
    assert funding_hours(settled(gaps)) == expected


def test_funding_interval_survives_a_late_settlement() -> None:
    times = settled([8, 8, 8, 8])
    times[2] += timedelta(minutes=23, seconds=53)
    assert funding_hours(times) == [8, 8, 8, 8, 8]


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        (datetime(2023, 6, 7, 16, tzinfo=UTC), 8),
        (datetime(2023, 6, 8, 0, 0, 0, 254000, tzinfo=UTC), 8),
        (datetime(2023, 6, 8, 1, tzinfo=UTC), 1),
        (datetime(2025, 6, 8, 1, tzinfo=UTC), 1),
    ],
)
def test_single_settlement_goes_by_its_date(moment: datetime, hours: int) -> None:
    assert funding_hours([moment]) == [hours]
    assert funding_hours([]) == []
