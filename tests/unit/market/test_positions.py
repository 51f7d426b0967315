from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.market.positions import Position, filled, unrealised


def test_filled_averages_the_entry_when_adding() -> None:
    assert filled(1.0, 100.0, 3.0, 104.0) == (4.0, 103.0, 0.0)


def test_filled_keeps_the_entry_when_reducing() -> None:
    assert filled(4.0, 103.0, -1.0, 110.0) == (3.0, 103.0, 7.0)


def test_filled_realises_all_and_restarts_when_flipping() -> None:
    assert filled(2.0, 100.0, -5.0, 90.0) == (-3.0, 90.0, -20.0)


def test_filled_short_profits_when_the_price_falls() -> None:
    assert filled(-2.0, 100.0, 2.0, 90.0) == (0.0, 0.0, 20.0)


def test_filled_from_flat_ignores_the_old_entry() -> None:
    assert filled(0.0, float("nan"), 2.0, 90.0) == (2.0, 90.0, 0.0)


def test_filled_by_nothing_changes_nothing() -> None:
    assert filled(2.0, 90.0, 0.0, 100.0) == (2.0, 90.0, 0.0)


def test_unrealised_of_a_short_is_positive_below_its_entry() -> None:
    assert unrealised(-2.0, 100.0, 95.0) == pytest.approx(10.0)


FILLS = st.lists(
    st.tuples(st.integers(-500, 500).filter(bool), st.integers(1000, 30000)),
    min_size=1,
    max_size=30,
)


@given(FILLS)
def test_float_twin_equals_decimal(fills: list[tuple[int, int]]) -> None:
    exact = Position.flat("SOL")
    size = entry = realised = 0.0
    for lots, ticks in fills:
        exact = exact.after(Decimal(lots) / 100, Decimal(ticks) / 100)
        size, entry, gained = filled(size, entry, lots / 100, ticks / 100)
        size = round(size, 2)
        realised += gained
    assert size == pytest.approx(float(exact.size_base), abs=1e-9)
    if exact.size_base != 0:
        assert entry == pytest.approx(float(exact.entry_price), rel=1e-9)
    assert realised == pytest.approx(float(exact.realised_usd), abs=1e-6)


@given(FILLS, st.integers(1000, 30000))
def test_realised_and_unrealised_add_up_to_the_cash_flows(
    fills: list[tuple[int, int]], mark_ticks: int
) -> None:
    mark = Decimal(mark_ticks) / 100
    position = Position.flat("SOL")
    cash = Decimal(0)
    for lots, ticks in fills:
        change, price = Decimal(lots) / 100, Decimal(ticks) / 100
        position = position.after(change, price)
        cash -= change * price
    profit = position.realised_usd + unrealised(
        position.size_base, position.entry_price, mark
    )
    assert abs(profit - (cash + position.size_base * mark)) < Decimal("1e-15")
