from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.config import load_parameters
from solalpha.errors import ConfigError, DataError
from solalpha.market import instruments
from solalpha.market.instruments import Instrument
from solalpha.market.orders import Side

SOL = Instrument.from_parameters(load_parameters(), "SOL")


@pytest.mark.parametrize(
    ("price", "tick"),
    [
        ("12345", "1"),
        ("123456", "1"),
        ("1000", "0.1"),
        ("100", "0.01"),
        ("99.999", "0.001"),
        ("9.5", "0.0001"),
        ("0.5", "0.0001"),
    ],
)
def test_price_tick_follows_figures_and_decimals(price: str, tick: str) -> None:
    assert instruments.price_tick(SOL, Decimal(price)) == Decimal(tick)


def test_round_price_never_trades_worse_than_asked() -> None:
    asked = Decimal("150.1234")
    assert instruments.round_price(SOL, asked, Side.BUY) == Decimal("150.12")
    assert instruments.round_price(SOL, asked, Side.SELL) == Decimal("150.13")


def test_round_price_up_across_a_power_of_ten_stays_legal() -> None:
    rounded = instruments.round_price(SOL, Decimal("99.9999"), Side.SELL)
    assert rounded == Decimal(100)
    assert instruments.is_legal_price(SOL, rounded)


def test_round_size_goes_towards_zero() -> None:
    assert instruments.round_size(SOL, Decimal("1.239")) == Decimal("1.23")
    assert instruments.round_size(SOL, Decimal("-1.239")) == Decimal("-1.23")


@pytest.mark.parametrize(
    ("price", "is_legal"),
    [("150.12", True), ("150.123", False), ("123456", True), ("0", False)],
)
def test_is_legal_price_knows_the_rule(price: str, is_legal: bool) -> None:
    assert instruments.is_legal_price(SOL, Decimal(price)) is is_legal


def test_is_legal_size_refuses_part_lots_and_nothing() -> None:
    assert instruments.is_legal_size(SOL, Decimal("0.01"))
    assert not instruments.is_legal_size(SOL, Decimal("0.001"))
    assert not instruments.is_legal_size(SOL, Decimal(0))


def test_is_above_minimum_is_inclusive() -> None:
    assert instruments.is_above_minimum(SOL, Decimal("0.1"), Decimal(100))
    assert not instruments.is_above_minimum(SOL, Decimal("0.09"), Decimal(100))


def test_price_tick_of_a_price_that_is_not_positive_is_refused() -> None:
    with pytest.raises(DataError, match="above zero"):
        instruments.price_tick(SOL, Decimal(-1))


def test_to_decimal_of_unknown_is_refused() -> None:
    with pytest.raises(DataError, match="finite"):
        instruments.to_decimal(float("nan"))


def test_from_parameters_with_impossible_lots_is_refused() -> None:
    with pytest.raises(ConfigError, match="lot_decimals"):
        Instrument.from_parameters(load_parameters({"lot_decimals": "7"}), "SOL")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_to_decimal_reads_back_as_the_same_float(value: float) -> None:
    assert instruments.to_float(instruments.to_decimal(value)) == value


@given(
    price=st.decimals("0.0002", "200000", places=6),
    side=st.sampled_from(list(Side)),
)
def test_round_price_is_legal_and_within_a_tick(price: Decimal, side: Side) -> None:
    rounded = instruments.round_price(SOL, price, side)
    assert instruments.is_legal_price(SOL, rounded)
    assert abs(rounded - price) < instruments.price_tick(SOL, price)
    assert (rounded <= price) if side is Side.BUY else (rounded >= price)
