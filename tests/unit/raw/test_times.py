from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.errors import DataError
from solalpha.raw.times import EPOCH_UNITS, EpochUnit, to_moments

MOMENT = datetime(2025, 7, 1, 12, 0, 0, 250000, tzinfo=UTC)


def moments(values: pl.Series, unit: EpochUnit | None = None) -> list[datetime]:
    found = to_moments(values, where="f.csv", column="time", unit=unit)
    assert found.dtype == pl.Datetime("us", "UTC")
    return found.to_list()


@pytest.mark.parametrize(
    "text",
    [
        "2025-07-01T12:00:00.250Z",
        "2025-07-01 12:00:00.250+00:00",
        "2025-07-01 14:00:00.25+02:00",
        " 2025-07-01T12:00:00.250 ",
        "2025-07-01T12:00:00.250000999",
    ],
)
def test_iso_text_is_utc_microseconds(text: str) -> None:
    assert moments(pl.Series([text])) == [MOMENT]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_epoch_unit_is_found(unit: EpochUnit) -> None:
    number = int(MOMENT.timestamp() * 1000) * (EPOCH_UNITS[unit] // 1000)
    assert moments(pl.Series([number])) == [MOMENT]
    assert moments(pl.Series([str(number)])) == [MOMENT]
    assert moments(pl.Series([number]), unit) == [MOMENT]


def test_epoch_seconds_may_carry_a_fraction() -> None:
    assert moments(pl.Series([MOMENT.timestamp()])) == [MOMENT]
    assert moments(pl.Series(["1751371200.0"])) == [MOMENT.replace(microsecond=0)]


def test_typed_times_convert() -> None:
    zone = timezone(timedelta(hours=2))
    aware = pl.Series([MOMENT.astimezone(zone)]).cast(pl.Datetime("ns", "UTC"))
    assert moments(aware) == [MOMENT]
    assert moments(pl.Series([MOMENT.replace(tzinfo=None)])) == [MOMENT]
    midnight = datetime(2025, 7, 1, tzinfo=UTC)
    assert moments(pl.Series([date(2025, 7, 1)])) == [midnight]


@pytest.mark.parametrize(
    ("values", "unit", "told"),
    [
        ([1751371200], "ms", r"row 1 is 1751371200 \(epoch s\); expected epoch ms"),
        (
            [1751371200000, 1751371201],
            None,
            r"row 2 is 1751371201 \(epoch s\); expected epoch ms",
        ),
        ([20250701], None, "row 1 is 20250701; expected epoch s, ms, us or ns"),
        (["2025-07-01", "01/07/2025"], None, "row 2 is '01/07/2025'; expected ISO"),
        (["2025-07-01", ""], None, "time is empty in row 2"),
        (["2025-07-01", None], None, "time is empty in row 2"),
        (["0202-07-01"], None, "expected a time between 2009 and 2100"),
        ([float("nan")], None, "expected epoch"),
        ([True], None, "is Boolean; expected a timestamp"),
    ],
)
def test_times_that_are_ambiguous_are_refused(
    values: list[Any], unit: EpochUnit | None, told: str
) -> None:
    with pytest.raises(DataError, match=told) as error:
        moments(pl.Series(values), unit)
    assert str(error.value).startswith("f.csv: time")


@given(
    st.integers(1_240_000_000_000_000, 4_000_000_000_000_000),
    st.sampled_from(["us", "ns"]),
)
def test_every_microsecond_survives(us: int, unit: EpochUnit) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    assert moments(pl.Series([us * (EPOCH_UNITS[unit] // 10**6)])) == [moment]
