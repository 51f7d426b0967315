from __future__ import annotations

import json
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solalpha.raw import numbers
from solalpha.raw.schemas import MONEY, RATE


def exact(values: list[object], dtype: pl.Decimal = MONEY) -> pl.DataFrame:
    return numbers.exact(pl.DataFrame({"x": values}), {"x": dtype})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.23", "1.23"),
        (" 0012.50 ", "12.5"),
        ("+.5", "0.5"),
        ("5.", "5"),
        ("-0", "0"),
        ("1e-5", "0.00001"),
        ("1.5E3", "1500"),
        ("9999999999.99999999", "9999999999.99999999"),
        ("0.10000000000000000000", "0.1"),
    ],
)
def test_text_is_kept_to_the_last_digit(text: str, expected: str) -> None:
    found = exact([text])
    assert found["x"].to_list() == [Decimal(expected)]
    assert found["unfit_values"].to_list() == [None]


@pytest.mark.parametrize(
    "text",
    ["5734236.3800000008", "12345678901", "1e-9", "abc", "", "NaN", "1_0", "1,5"],
)
def test_text_that_does_not_fit_is_null_and_kept_aside(text: str) -> None:
    found = exact(["1", text, None])
    assert found["x"].to_list() == [Decimal(1), None, None]
    unfit = found["unfit_values"].to_list()
    assert unfit[0] is unfit[2] is None
    assert json.loads(unfit[1]) == {"x": text}


def test_floats_are_rounded_at_the_places_of_the_type() -> None:
    values: list[object] = [0.1 + 0.2, 436168628.37, 1e9 + 0.1, -1.5, 4e-9, None]
    expected = ["0.3", "436168628.37", "1000000000.1", "-1.5", "0"]
    assert exact(values)["x"].to_list() == [*map(Decimal, expected), None]


def test_floats_that_do_not_fit_are_null() -> None:
    found = exact([1e10, float("nan"), float("inf"), 2.0])
    assert found["x"].to_list() == [None, None, None, Decimal(2)]
    texts = [json.loads(t)["x"] if t else None for t in found["unfit_values"]]
    assert texts == ["10000000000.0", "nan", "inf", None]


def test_rates_keep_twelve_places() -> None:
    found = exact([0.000012345678, -2.365296e-4], RATE)
    assert found["x"].to_list() == [Decimal("0.000012345678"), Decimal("-0.0002365296")]


def test_integers_and_empty_columns_convert() -> None:
    frame = pl.DataFrame({"a": [3], "b": [None]})
    found = numbers.exact(frame, {"a": MONEY, "b": MONEY})
    assert found.row(0) == (Decimal(3), None, None)


@settings(max_examples=200, deadline=None)
@given(
    st.decimals(
        Decimal("-9999999999.99999999"), Decimal("9999999999.99999999"), places=8
    )
)
def test_any_decimal_that_fits_survives_as_text(value: Decimal) -> None:
    assert exact([str(value)])["x"].to_list() == [value]


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**15), 10**15), st.integers(0, 8))
def test_any_short_decimal_survives_as_a_float(digits: int, places: int) -> None:
    value = Decimal(digits).scaleb(-places)
    found = exact([float(value)])["x"].to_list()[0]
    if abs(value) < 10**10:
        assert found == value
    else:
        assert found is None
