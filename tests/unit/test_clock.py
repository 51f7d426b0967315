"""Times are UTC, aware in Python, whole to the microsecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha import clock
from solalpha.errors import ConfigError

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


def test_milliseconds_of_a_known_moment() -> None:
    moment = datetime(2023, 6, 8, 16, 0, 0, 388_000, tzinfo=UTC)
    assert clock.to_ms(moment) == 1_686_240_000_388
    assert clock.to_us(moment) == 1_686_240_000_388_000


@given(MOMENTS)
def test_milliseconds_round_trip_drops_less_than_one(moment: datetime) -> None:
    assert (
        0
        <= (moment - clock.from_ms(clock.to_ms(moment))) / timedelta(milliseconds=1)
        < 1
    )


@given(MOMENTS)
def test_iso_text_round_trips(moment: datetime) -> None:
    assert clock.parse_utc(clock.iso(moment)) == moment


def test_time_without_a_zone_is_utc_and_another_zone_is_converted() -> None:
    east = timezone(timedelta(hours=2))
    assert clock.parse_utc("2025-07-01") == datetime(2025, 7, 1, tzinfo=UTC)
    assert clock.aware(datetime(2025, 7, 1, 2, tzinfo=east)) == datetime(
        2025, 7, 1, tzinfo=UTC
    )


@given(MOMENTS, MOMENTS)
def test_compact_text_sorts_like_time(one: datetime, other: datetime) -> None:
    assert (clock.compact(one) < clock.compact(other)) == (one < other)


def test_text_that_is_no_time_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected e"):
        clock.parse_utc("yesterday")


def test_present_moment_is_aware() -> None:
    assert clock.now().tzinfo is UTC
