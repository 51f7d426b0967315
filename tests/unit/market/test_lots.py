import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.market.lots import nearest_lots, whole_lots


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1.239, 1.23), (-1.239, -1.23), (0.009, 0.0), (0.29, 0.29), (0.1 + 0.2, 0.3)],
)
def test_whole_lots_rounds_towards_zero(size: float, expected: float) -> None:
    assert whole_lots(size, 2) == expected


def test_whole_lots_of_unknown_is_unknown() -> None:
    assert math.isnan(whole_lots(math.nan, 2))


@given(lots=st.integers(-(10**6), 10**6))
def test_whole_lots_keeps_what_is_whole(lots: int) -> None:
    assert whole_lots(lots / 100, 2) == lots / 100
    assert nearest_lots(lots / 100 + 1e-9, 2) == lots / 100
