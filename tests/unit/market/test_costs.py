import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.market import costs


def test_fee_usd_is_charged_on_absolute_notional() -> None:
    assert costs.fee_usd(-10_000.0, 0.00045) == pytest.approx(4.5)


@pytest.mark.parametrize(("side", "expected"), [(1, 100.03), (-1, 99.97)])
def test_fill_price_is_worse_by_half_spread_and_slippage(
    side: int, expected: float
) -> None:
    assert costs.fill_price(100.0, side, 2.0, 2.0) == pytest.approx(expected)


def test_slippage_usd_of_a_sell_below_the_mid_is_a_cost() -> None:
    assert costs.slippage_usd(-5.0, 99.0, 100.0) == pytest.approx(5.0)


def test_slippage_usd_of_a_buy_below_the_mid_is_a_gain() -> None:
    assert costs.slippage_usd(5.0, 99.0, 100.0) == pytest.approx(-5.0)


@pytest.mark.parametrize(
    ("position", "rate", "paid"),
    [(10.0, 0.0001, 0.15), (-10.0, 0.0001, -0.15), (10.0, -0.0001, -0.15)],
)
def test_funding_payment_a_long_pays_a_positive_rate(
    position: float, rate: float, paid: float
) -> None:
    assert costs.funding_payment_usd(position, 150.0, rate) == pytest.approx(paid)


def test_round_trip_ratio_counts_both_sides() -> None:
    assert costs.round_trip_ratio(0.00045, 2.0, 2.0) == pytest.approx(0.0015)


def test_initial_margin_divides_notional_by_leverage() -> None:
    assert costs.initial_margin_usd(-10.0, 150.0, 5.0) == pytest.approx(300.0)


def test_maintenance_margin_of_the_second_tier_subtracts_its_deduction() -> None:
    margin = costs.maintenance_margin_usd(1_000_000.0, 100.0, 0.05, 1_750_000.0)
    assert margin == pytest.approx(3_250_000.0)


@pytest.mark.parametrize(
    ("size", "collateral", "expected"),
    [(10.0, 300.0, 123.077), (-10.0, 300.0, 175.610), (10.0, 75.0, 146.154)],
)
def test_liquidation_price_isolated_meets_the_venue_examples(
    size: float, collateral: float, expected: float
) -> None:
    price = costs.liquidation_price_isolated(size, 150.0, collateral, 0.0, 0.025)
    assert price == pytest.approx(expected, abs=5e-4)


def test_liquidation_price_cross_of_a_long_covered_by_equity_is_none() -> None:
    price = costs.liquidation_price_cross(1.0, 100.0, 10_000.0, 2.5, 0.025)
    assert math.isnan(price)


def test_liquidation_price_of_a_flat_account_is_none() -> None:
    assert math.isnan(costs.liquidation_price(0.0, 100.0, 50.0, 0.025))


@given(
    size=st.floats(1.0, 100.0),
    side=st.sampled_from([1.0, -1.0]),
    leverage=st.floats(2.0, 20.0),
)
def test_liquidation_price_is_where_equity_meets_maintenance(
    size: float, side: float, leverage: float
) -> None:
    position, mark = side * size, 150.0
    collateral = costs.initial_margin_usd(position, mark, leverage)
    price = costs.liquidation_price_isolated(position, mark, collateral, 0.0, 0.025)
    equity = collateral + position * (price - mark)
    margin = costs.maintenance_margin_usd(position, price, 0.025, 0.0)
    assert equity == pytest.approx(margin, rel=1e-9)


def test_is_liquidated_needs_a_position() -> None:
    assert not costs.is_liquidated(-1.0, 0.0, 100.0, 0.025)
    assert costs.is_liquidated(2.4, 1.0, 100.0, 0.025)
    assert not costs.is_liquidated(2.6, 1.0, 100.0, 0.025)
