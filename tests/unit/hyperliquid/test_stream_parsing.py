from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solalpha.hyperliquid import stream_fields
from solalpha.hyperliquid.stream_parsing import read_frame, subscription_of

AT = 1_756_904_112_212


def level(price: str, size: str = "1.5", count: int = 2) -> dict[str, Any]:
    return {"px": price, "sz": size, "n": count}


def book(depth: int, **more: Any) -> bytes:
    bids = [level(f"{208 - n}") for n in range(depth)]
    asks = [level(f"{209 + n}") for n in range(depth)]
    data = {"coin": "SOL", "time": AT, "levels": [bids, asks], **more}
    return json.dumps({"channel": "l2Book", "data": data}).encode()


def trades(*rows: dict[str, Any]) -> bytes:
    full = {"coin": "SOL", "side": "B", "px": "208.94", "sz": "0.81", "time": AT}
    data = [{**full, "tid": 7 + n, **row} for n, row in enumerate(rows)]
    return json.dumps({"channel": "trades", "data": data}).encode()


def test_trades_keep_their_text_and_their_order_in_the_block() -> None:
    message = read_frame(trades({}, {"side": "A", "px": "208.90"}, {"time": AT + 1}))
    assert (message.kind, message.channel, message.coin) == ("data", "trades", "SOL")
    assert message.venue_ms == AT + 1
    first, second, third = message.rows
    assert first == {
        "coin": "SOL",
        "event_ms": AT,
        "trade_id": 7,
        "aggressor_side": "buy",
        "price": "208.94",
        "size": "0.81",
        "sequence": AT * 10_000,
    }
    assert (second["aggressor_side"], second["price"]) == ("sell", "208.90")
    assert second["sequence"] == AT * 10_000 + 1
    assert third["sequence"] == (AT + 1) * 10_000


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"px": 208.94}, stream_fields.WRONG_NUMBER),
        ({"px": "NaN"}, stream_fields.WRONG_NUMBER),
        ({"px": "1e400"}, stream_fields.WRONG_NUMBER),
        ({"px": "\u0662"}, stream_fields.WRONG_NUMBER),
        ({"px": "0.00"}, stream_fields.NOT_POSITIVE),
        ({"sz": "-1"}, stream_fields.NOT_POSITIVE),
        ({"tid": "7"}, stream_fields.WRONG_NUMBER),
        ({"tid": -1}, stream_fields.WRONG_NUMBER),
        ({"tid": 1 << 63}, stream_fields.WRONG_NUMBER),
        ({"time": AT // 1000}, stream_fields.WRONG_TIME),
        ({"time": AT * 1000}, stream_fields.WRONG_TIME),
        ({"time": True}, stream_fields.WRONG_TIME),
        ({"side": "buy"}, stream_fields.WRONG_SIDE),
        ({"side": ["B"]}, stream_fields.WRONG_SIDE),
        ({"coin": "../SOL"}, stream_fields.WRONG_COIN),
        ({"coin": None}, stream_fields.WRONG_COIN),
    ],
)
def test_a_bad_trade_is_refused_and_its_neighbours_are_kept(
    row: dict[str, Any], reason: str
) -> None:
    message = read_frame(trades({}, row, {}))
    assert message.refused == (reason,)
    assert [kept["trade_id"] for kept in message.rows] == [7, 9]


def test_a_full_book_is_one_wide_row_and_a_fast_one_a_frame_only() -> None:
    full = read_frame(book(20))
    assert (full.channel, full.table) == ("l2Book", "book_snapshots")
    [row] = full.rows
    assert row["sequence"] == row["event_ms"] == AT
    assert (row["bid_price_1"], row["ask_price_20"]) == ("208", "228")
    assert (row["bid_size_3"], row["ask_count_4"]) == ("1.5", 2)
    for fast in (book(5, fast=True), book(5), book(20, fast=True)):
        message = read_frame(fast)
        assert (message.channel, message.table, message.rows) == (
            "l2Book_fast",
            None,
            (),
        )


def test_a_thin_book_that_says_it_is_no_fast_one_is_kept() -> None:
    [row] = read_frame(book(3, fast=False)).rows
    assert row["bid_price_3"] == "206"
    assert "bid_price_4" not in row


def test_levels_beyond_twenty_are_left_out() -> None:
    [row] = read_frame(book(25)).rows
    assert "bid_price_21" not in row


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"channel":7}',
        b'{"channel":"trades"}',
        b'{"channel":"l2Book","data":{"levels":[[]]}}',
        b'{"channel":"l2Book","data":{"coin":"SOL","time":1756904112212,"levels":[7,8]}}',
        b'{"channel":"bbo","data":{"coin":"SOL","time":1756904112212}}',
        b'{"channel":"activeAssetCtx","data":{"coin":"SOL"}}',
        b'{"channel":"activeAssetCtx","data":{"coin":"SOL","ctx":{"markPx":"1"}}}',
        b'{"channel":"subscriptionResponse","data":null}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_nonsense_is_refused_with_one_reason(data: bytes) -> None:
    message = read_frame(data)
    assert message.kind == "refused"
    [reason] = message.refused
    assert reason in stream_fields.REASONS
    assert message.rows == ()


@pytest.mark.parametrize("channel", ["trades", "bbo", "l2Book", "l2Book_fast"])
def test_an_acknowledgement_names_the_channel_it_answers(channel: str) -> None:
    wish = {"method": "subscribe", "subscription": subscription_of(channel, "SOL")}
    frame = json.dumps({"channel": "subscriptionResponse", "data": wish}).encode()
    message = read_frame(frame)
    assert (message.kind, message.channel, message.coin) == (
        "acknowledged",
        channel,
        "SOL",
    )


def test_pongs_errors_and_strangers_are_told_apart() -> None:
    assert read_frame(b'{"channel":"pong"}').kind == "pong"
    error = read_frame(b'{"channel":"error","data":"Invalid subscription"}')
    assert (error.kind, error.text) == ("error", "Invalid subscription")
    assert read_frame(b'{"channel":"webData3","data":{}}').kind == "other"


_NAMES = (
    *("coin", "time", "levels", "px", "sz", "n", "tid", "side", "bbo", "ctx"),
    *("markPx", "oraclePx", "impactPxs", "subscription", "type", "fast"),
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats(allow_nan=False)
    | st.sampled_from(["SOL", "B", "208.94", "-1", "NaN", "\u0000", "1e9"])
    | st.sampled_from([AT, 0, 1 << 63]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(_NAMES),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(
    channel=st.sampled_from(
        ["trades", "l2Book", "bbo", "activeAssetCtx", "subscriptionResponse", "error"]
    ),
    data=_VALUES,
)
def test_no_content_raises_and_every_refusal_has_a_known_reason(
    channel: str, data: object
) -> None:
    message = read_frame(json.dumps({"channel": channel, "data": data}).encode())
    assert set(message.refused) <= set(stream_fields.REASONS)


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    assert set(read_frame(data).refused) <= set(stream_fields.REASONS)
