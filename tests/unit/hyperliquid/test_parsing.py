from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from solalpha.config import real_data_dir
from solalpha.errors import VenueError
from solalpha.hyperliquid import parsing

MOMENT = datetime(2025, 1, 1, 2, 30, tzinfo=UTC)
T0 = 1735689600000  # 2025-01-01T00:00:00Z


def candle(open_ms: int, **changes: Any) -> dict[str, Any]:
    row = {"t": open_ms, "T": open_ms + 3_599_999, "s": "SOL", "i": "1h"}
    row |= {"o": "190.1", "c": "191", "h": "191.5", "l": "189.95"}
    return row | {"v": "12.34", "n": 7} | changes


def context(**changes: Any) -> dict[str, Any]:
    row = {"dayNtlVlm": "436168628.3827002048", "funding": "0.0000125"}
    row |= {"openInterest": "5734236.3800000008", "oraclePx": "190.2"}
    row |= {"markPx": "190.25", "midPx": "190.255", "premium": "0.0001"}
    return row | {"impactPxs": ["190.2", "190.3"]} | changes


def test_candles_drop_the_open_last_bar() -> None:
    body = [candle(T0 + hour * 3_600_000) for hour in range(3)]
    found = parsing.parse_candles(body, moment=MOMENT)
    assert [c.open_at.hour for c in found] == [0, 1]
    assert found[0].closed_at == datetime(2025, 1, 1, 1, tzinfo=UTC)
    assert found[0].low == Decimal("189.95")
    assert found[0].trade_count == 7


@pytest.mark.parametrize(
    "changes", [{"o": 190.1}, {"h": "nan"}, {"l": "x"}, {"n": "7"}, {"t": None}]
)
def test_candles_with_another_type_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(VenueError, match=r"candleSnapshot\.") as error:
        parsing.parse_candles([candle(T0, **changes)], moment=MOMENT)
    assert "\n" not in str(error.value)


def test_contexts_follow_the_universe_and_keep_nulls() -> None:
    universe = [{"name": "OLD", "isDelisted": True}, {"name": "SOL"}]
    empty = context(midPx=None, premium=None, impactPxs=None)
    found = parsing.parse_contexts(
        [{"universe": universe}, [empty, context()]], moment=MOMENT
    )
    assert [(c.coin, c.asset_id) for c in found] == [("OLD", 0), ("SOL", 1)]
    assert (found[0].mid_price, found[0].impact_ask_price) == (None, None)
    assert found[1].impact_bid_price == Decimal("190.2")
    assert str(found[1].open_interest) == "5734236.3800000008"
    assert found[1].received_at == MOMENT


def test_contexts_of_another_length_are_refused() -> None:
    with pytest.raises(VenueError, match="2 coins in the universe"):
        parsing.parse_contexts(
            [{"universe": [{"name": "SOL"}]}, [context(), context()]], moment=MOMENT
        )


def test_book_of_an_unknown_coin_is_refused_by_name() -> None:
    with pytest.raises(VenueError, match="no book of 'NOPE'"):
        parsing.parse_book(None, coin="NOPE")


def test_book_keeps_order_and_counts() -> None:
    levels = [[{"px": "10", "sz": "1.5", "n": 3}], [{"px": "10.1", "sz": "2", "n": 1}]]
    book = parsing.parse_book({"coin": "SOL", "time": T0, "levels": levels}, coin="SOL")
    assert (book.bids[0].price, book.bids[0].count) == (Decimal(10), 3)
    assert book.asks[0].size == Decimal(2)


@pytest.mark.parametrize(("side", "expected"), [("B", "buy"), ("A", "sell")])
def test_trade_side_is_the_aggressor(side: str, expected: str) -> None:
    row = {"coin": "SOL", "side": side, "px": "1", "sz": "2", "time": T0, "tid": 2**49}
    (trade,) = parsing.parse_trades([row])
    assert (trade.aggressor_side, trade.trade_id) == (expected, 2**49)


def test_trade_with_an_unknown_side_is_refused() -> None:
    row = {"coin": "SOL", "side": "X", "px": "1", "sz": "2", "time": T0, "tid": 1}
    with pytest.raises(VenueError, match="expected B or A"):
        parsing.parse_trades([row])


def test_funding_without_premium_is_null() -> None:
    row = {"coin": "SOL", "fundingRate": "-0.0000081", "time": T0 + 48}
    (settled,) = parsing.parse_funding([row])
    assert settled.premium is None
    assert settled.funding_rate == Decimal("-0.0000081")
    assert settled.settled_at.microsecond == 48000


def test_status_keeps_the_notice() -> None:
    status = parsing.parse_status({"time": T0, "specialStatuses": None})
    assert (status.event_at.year, status.notice) == (2025, None)


def test_mids_that_are_no_text_are_refused() -> None:
    assert parsing.parse_mids({"SOL": "1.25"}) == {"SOL": Decimal("1.25")}
    with pytest.raises(VenueError, match=r"allMids\.SOL: found 1\.25"):
        parsing.parse_mids({"SOL": 1.25})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"l": "191.1"}, "low <= open and close <= high"),
        ({"h": "190.5"}, "low <= open and close <= high"),
        ({"l": "0"}, "above zero"),
        ({"v": "-1"}, "a volume of 0 or more"),
        ({"T": T0 - 1}, "a close after the open"),
        ({"t": T0 // 1000}, "epoch milliseconds"),
        ({"n": 2**63}, "64 bits"),
        ({"c": "1e999999999"}, "a decimal number as text"),
        ({"c": "1_9"}, "a decimal number as text"),
        ({"c": "\u0661"}, "a decimal number as text"),
        ({"s": "BTC"}, "'SOL'"),
        ({"i": "5m"}, "'1h'"),
    ],
)
def test_candle_that_cannot_be_is_refused_alone(
    changes: dict[str, Any], told: str
) -> None:
    body = [candle(T0), candle(T0 + 3_600_000, **changes)]
    page = parsing.candle_page(body, moment=MOMENT, coin="SOL", interval="1h")
    assert [row.open_at.hour for row in page.rows] == [0]
    assert (page.received, len(page.refused)) == (2, 1)
    assert told in page.refused[0]


@pytest.mark.parametrize(
    ("bids", "asks", "told"),
    [
        (["10", "10.1"], ["11"], "the best level first"),
        (["10"], ["11", "11"], "the best level first"),
        (["11"], ["11"], "best bid below best ask"),
        (["-1"], ["11"], "above zero"),
    ],
)
def test_book_out_of_order_is_refused(
    bids: list[str], asks: list[str], told: str
) -> None:
    levels = [[{"px": p, "sz": "1", "n": 1} for p in side] for side in (bids, asks)]
    with pytest.raises(VenueError, match=told):
        parsing.parse_book({"coin": "SOL", "time": T0, "levels": levels}, coin="SOL")


def test_book_of_another_coin_is_refused() -> None:
    body = {"coin": "BTC", "time": T0, "levels": [[], []]}
    with pytest.raises(VenueError, match="expected 'SOL'"):
        parsing.parse_book(body, coin="SOL")


def test_funding_beyond_any_settlement_is_refused() -> None:
    row = {"coin": "SOL", "fundingRate": "1.25", "time": T0}
    with pytest.raises(VenueError, match="a fraction below 1"):
        parsing.parse_funding([row])


def test_meta_keeps_the_place_of_delisted_coins() -> None:
    universe = [
        {"name": "OLD", "szDecimals": 1, "maxLeverage": 5, "isDelisted": True},
        {"name": "SOL", "szDecimals": 2, "maxLeverage": 20, "marginTableId": 54},
    ]
    old, sol = parsing.parse_meta({"universe": universe})
    assert (old.is_delisted, sol.asset_id, sol.margin_table_id) == (True, 1, 54)
    with pytest.raises(VenueError, match="a list"):
        parsing.parse_meta({"universe": None})


def test_predicted_funding_skips_venues_without_one() -> None:
    ours = {"fundingRate": "0.0000125", "nextFundingTime": T0}
    venues = [["BinPerp", None], ["HlPerp", ours | {"fundingIntervalHours": 1}]]
    (found,) = parsing.parse_predicted([["SOL", venues]])
    assert (found.venue, found.interval_hours) == ("HlPerp", 1)


def recorded(name: str, kind: str) -> Any:
    root = real_data_dir()
    if root is None:
        pytest.skip("SOLALPHA_REAL_DATA is not set")
    path = root / "payloads" / "sdk_cassettes_json" / f"{name}.json"
    entries = json.loads(path.read_text())
    return next(e["response"] for e in entries if e["request"]["type"] == kind)


@pytest.mark.real_data
def test_recorded_replies_parse() -> None:
    mids = parsing.parse_mids(recorded("test_get_all_mids", "allMids"))
    assert mids["SOL"] == Decimal("26.516")
    body = recorded("test_get_candles_snapshot", "candleSnapshot")
    candles = parsing.parse_candles(body, moment=MOMENT)
    assert len(candles) == len(body) > 0
    assert all(c.low <= min(c.open, c.close) <= c.high for c in candles)
    book = parsing.parse_book(recorded("test_get_l2_snapshot", "l2Book"), coin="DYDX")
    assert book.bids[0].price < book.asks[0].price
    body = recorded("test_get_funding_history_None", "fundingHistory")
    settled = parsing.parse_funding(body)
    assert [s.settled_at for s in settled] == sorted(s.settled_at for s in settled)
