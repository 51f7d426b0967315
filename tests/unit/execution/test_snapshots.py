"""Whatever a venue sends is read as what it is, or refused: never misread."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solalpha.errors import VenueError
from solalpha.execution import parsing, snapshots
from solalpha.market.orders import OrderState

FILL = {
    "coin": "SOL",
    "px": "150.01",
    "sz": "5.0",
    "side": "B",
    "time": 1751328031000,
    "startPosition": "0.0",
    "dir": "Open Long",
    "closedPnl": "0.0",
    "hash": "0x0",
    "oid": 1,
    "crossed": True,
    "fee": "0.337522",
    "tid": 944301264672789,
    "feeToken": "USDC",
}
READERS = [
    snapshots.account_state,
    snapshots.open_order,
    snapshots.venue_order,
    snapshots.funding_payment,
    lambda found: snapshots.venue_fill(found, "paper", "0xa"),
    lambda found: snapshots.market_of(found, "SOL"),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["150.01", "NaN", "-1", "1e400", "SOL", "B"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*FILL, "status", "order", "position", "universe", "delta"])
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(JSON, st.sampled_from(READERS))
def test_any_json_is_read_or_refused(found, reader):
    try:
        reader(found)
    except VenueError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "key",
    [
        key
        for key in FILL
        if key not in ("startPosition", "dir", "closedPnl", "hash", "feeToken")
    ],
)
@pytest.mark.parametrize(
    "value", [None, [], {}, "NaN", "Infinity", "1e400", -1, 2**63, "--1", 1.5]
)
def test_fill_with_a_broken_field_is_refused(key, value):
    if key == "coin" and isinstance(value, str):
        return
    with pytest.raises(VenueError):
        snapshots.venue_fill(FILL | {key: value}, "paper", "0xa")


@pytest.mark.parametrize(("key", "value"), [("sz", "-5"), ("sz", "0"), ("px", "0")])
def test_fill_with_a_size_or_price_not_above_zero_is_refused(key, value):
    with pytest.raises(VenueError):
        snapshots.venue_fill(FILL | {key: value}, "paper", "0xa")


def test_fill_is_read_digit_by_digit():
    found = snapshots.venue_fill(FILL, "paper", "0xa")
    assert found.fill.price == Decimal("150.01")
    assert found.fill.fee_usd == Decimal("0.337522")
    assert found.fill.fill_id == "paper:0xa:SOL:1751328031000:944301264672789:1"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("open", OrderState.RESTING),
        ("triggered", OrderState.RESTING),
        ("filled", OrderState.FILLED),
        ("canceled", OrderState.CANCELLED),
        ("marginCanceled", OrderState.CANCELLED),
        ("liquidatedCanceled", OrderState.CANCELLED),
        ("scheduledCancel", OrderState.CANCELLED),
        ("internalCancel", OrderState.CANCELLED),
        ("rejected", OrderState.REJECTED),
        ("iocCancelRejected", OrderState.REJECTED),
        ("tickRejected", OrderState.REJECTED),
        ("somethingNew", OrderState.UNKNOWN),
        ("", OrderState.UNKNOWN),
    ],
)
def test_status_words_have_one_meaning_and_new_ones_are_unknown(status, state):
    assert snapshots.state_of(status) is state


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=100))
def test_any_bytes_are_parsed_or_refused(body):
    try:
        parsing.document(body, "here")
    except VenueError as error:
        assert "here" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 50_000, b"\xff"],
)
def test_body_that_is_no_json_is_refused_without_being_shown(body):
    with pytest.raises(VenueError) as caught:
        parsing.document(body, "orderStatus")
    assert str(caught.value) == (
        f"orderStatus: {len(body)} bytes that are not JSON; expected a JSON answer"
    )


def test_number_keeps_every_digit_of_noise():
    noisy = json.loads('"5734236.3800000008"')
    assert parsing.number(noisy, "x") == Decimal("5734236.3800000008")
