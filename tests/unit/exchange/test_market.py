"""Books that are handed in or made from a bar."""

from decimal import Decimal

import pytest
from tests.unit.exchange.worlds import PARAMETERS, coin_market, levels

from solalpha.errors import DataError
from solalpha.exchange.market import synthesised_book, walk
from solalpha.market.instruments import Instrument, is_legal_price, is_legal_size

SOL = Instrument.from_parameters(PARAMETERS, "SOL")


def test_made_book_has_the_spread_and_depth_that_were_stated():
    bids, asks = synthesised_book(
        SOL, Decimal(150), spread_bps=Decimal(2), depth_usd=Decimal(200_000)
    )
    # Half of 2 bp of 150 is 0.015: a tick of 0.01 puts the best at 149.98 and 150.02.
    assert (bids[0].price, asks[0].price) == (Decimal("149.98"), Decimal("150.02"))
    # 10,000 USD a level at 150 are 66.66 base units.
    assert asks[0].size == Decimal("66.66")
    assert sum(level.size for level in bids) == 20 * Decimal("66.66")
    for level in (*bids, *asks):
        assert is_legal_price(SOL, level.price)
        assert is_legal_size(SOL, level.size)


def test_made_book_merges_levels_that_share_a_price():
    bids, _ = synthesised_book(
        SOL, Decimal(150), spread_bps=Decimal("0.1"), depth_usd=Decimal(200_000)
    )
    assert len({level.price for level in bids}) == len(bids) < 20


def test_walk_stops_at_the_limit_and_at_the_last_level():
    asks = levels(("150", "1"), ("151", "2"))
    parts = walk(asks, is_buy=True, size=Decimal(5), limit_price=Decimal(151))
    assert parts == ((Decimal(150), Decimal(1)), (Decimal(151), Decimal(2)))
    parts = walk(asks, is_buy=True, size=Decimal(5), limit_price=Decimal("150.5"))
    assert parts == ((Decimal(150), Decimal(1)),)


@pytest.mark.parametrize(
    ("bids", "asks", "mark"),
    [
        ([("149", "1"), ("150", "1")], [("151", "1")], "150"),
        ([("149", "0")], [("151", "1")], "150"),
        ([("149", "1")], [("151", "1")], "0"),
        ([("149", "1")], [("151", "1")], "NaN"),
    ],
)
def test_market_that_makes_no_sense_is_refused(bids, asks, mark):
    with pytest.raises(DataError):
        coin_market(mark, levels(*bids), levels(*asks))
