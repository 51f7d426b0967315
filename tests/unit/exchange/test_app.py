"""The app's edges: shapes that are refused, nonces, expiry, signatures, reads."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.exchange.worlds import (
    ACCOUNT,
    PARAMETERS,
    START,
    Wall,
    make_world,
    view,
    wire,
)

from solalpha.clock import to_ms
from solalpha.exchange import wire as wires
from solalpha.exchange.app import create_app
from solalpha.exchange.authentication import SignatureVerifier
from solalpha.exchange.store import open_store
from solalpha.hyperliquid import signing

NOOP = {"type": "noop"}
KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"


@pytest.fixture
def world(fast_dir):
    made = make_world(fast_dir / "x.sqlite", view(START, "150"))
    yield made
    made.store.close()
    asyncio.run(made.client.aclose())


def post(world, path, content):
    return asyncio.run(world.client.post(path, content=content))


@pytest.mark.parametrize("path", ["/info", "/exchange"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"type": 5}',
        b'{"type": "nothing"}',
        b'{"type": "l2Book", "coin": 7}',
        b'{"type": "clearinghouseState", "user": "0x12"}',
        b'{"type": "orderStatus", "user": "0x' + b"1" * 40 + b'", "oid": 1e400}',
        b'{"type": "meta", "type": "meta"}',
        b'{"action": {"type": "noop"}, "nonce": -1}',
        b'{"action": {"type": "noop"}, "nonce": true}',
        b'{"action": {"type": "order", "orders": [{}]}, "nonce": 1751328031000}',
        b"[" * 100_000,
        b'"' + b"x" * 1_100_000 + b'"',
        b"\xff\xfe",
    ],
)
def test_malformed_body_is_refused_with_the_venues_words(world, path, body):
    reply = post(world, path, body)
    assert reply.status_code == 422
    assert reply.text == wires.MALFORMED


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(body):
    try:
        found = wires.document(body)
    except wires.MalformedError:
        return
    assert isinstance(found, dict)


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-1", "1e5", "", "1" * 30, 1, 1.5]
)
def test_number_in_another_form_is_malformed(value):
    with pytest.raises(wires.MalformedError):
        wires.number(value)


def test_used_nonce_is_refused(world):
    nonce = to_ms(START)
    assert asyncio.run(world.act(NOOP, nonce=nonce))["status"] == "ok"
    assert asyncio.run(world.act(NOOP, nonce=nonce)) == {
        "status": "err",
        "response": f"Invalid nonce: duplicate nonce {nonce}",
    }


@pytest.mark.parametrize("days", [-2.1, 1.1])
def test_nonce_far_from_wall_time_is_refused(world, days):
    nonce = to_ms(START + timedelta(days=days))
    assert asyncio.run(world.act(NOOP, nonce=nonce))["status"] == "err"


def test_nonce_below_the_hundred_highest_is_refused(world):
    first = to_ms(START)
    for number in range(1, 101):
        assert asyncio.run(world.act(NOOP, nonce=first + number))["status"] == "ok"
    assert asyncio.run(world.act(NOOP, nonce=first))["status"] == "err"
    assert asyncio.run(world.act(NOOP, nonce=first + 101))["status"] == "ok"


def test_expired_action_is_refused_and_leaves_its_nonce_unused(world):
    nonce = to_ms(START)
    late = asyncio.run(world.act(NOOP, nonce=nonce, expiresAfter=nonce - 1))
    assert late["status"] == "err"
    assert asyncio.run(world.act(NOOP, nonce=nonce))["status"] == "ok"


def test_batch_above_the_limit_is_refused_whole(world):
    orders = [wire(is_buy=True, price="151", size="1")] * 201
    reply = asyncio.run(
        world.act({"type": "order", "orders": orders, "grouping": "na"})
    )
    assert reply["response"] == "Signed action over weight limit of 200."
    assert world.store.orders("1 = 1", ()) == []


def test_broken_order_in_a_batch_leaves_nothing_behind(world):
    good = wire(is_buy=True, price="151", size="1")
    body = {
        "action": {
            "type": "order",
            "orders": [good, good | {"s": "-1"}],
            "grouping": "na",
        },
        "nonce": to_ms(START),
    }
    assert post(world, "/exchange", json.dumps(body).encode()).status_code == 422
    assert world.store.orders("1 = 1", ()) == []


def test_reads_have_the_venues_shapes(world):
    asyncio.run(world.order(is_buy=True, price="151", size="1"))

    def ask(kind, **fields):
        return asyncio.run(world.info(kind, **fields))

    user = {"user": ACCOUNT}
    assert ask("meta")["universe"][0] == {
        "szDecimals": 2,
        "name": "SOL",
        "maxLeverage": 20,
        "marginTableId": 20,
    }
    assert ask("spotMeta") == {"universe": [], "tokens": []}
    assert ask("metaAndAssetCtxs")[1][0]["markPx"] == "150.0"
    assert ask("l2Book", coin="SOL")["levels"][0][0] == {
        "px": "149.99",
        "sz": "1000.0",
        "n": 1,
    }
    assert ask("l2Book", coin="NONE") is None
    assert ask("userRole", **user) == {"role": "user"}
    assert ask("userRateLimit", **user) == {
        "cumVlm": "150.01",
        "nRequestsUsed": 1,
        "nRequestsCap": 10150,
        "nRequestsSurplus": 10149,
    }
    assert ask("userFillsByTime", startTime=to_ms(START) + 1, **user) == []
    assert len(ask("userFillsByTime", startTime=to_ms(START), **user)) == 1
    assert ask("exchangeStatus")["specialStatuses"] is None


@pytest.mark.skipif(not signing.is_available(), reason="needs the extra 'signing'")
def test_signed_order_is_taken_for_its_signer_and_a_forged_one_for_nobody(fast_dir):
    store, wall = open_store(fast_dir / "x.sqlite"), Wall()
    app = create_app(
        store,
        view(START, "150"),
        PARAMETERS,
        authenticator=SignatureVerifier(),
        wall=wall,
    )
    key = signing.TestnetKey(KEY)
    action = {
        "type": "order",
        "orders": [wire(is_buy=True, price="151", size="1")],
        "grouping": "na",
    }
    nonce = to_ms(START)
    signature = key.sign(action, nonce=nonce, vault=None, expires_after_ms=None)
    forged = action | {"orders": [wire(is_buy=True, price="151", size="2")]}

    async def send(body):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://paper.invalid"
        ) as client:
            return (await client.post("/exchange", json=body)).json()

    envelope = {"nonce": nonce, "signature": signature}
    assert asyncio.run(send({"action": action, **envelope}))["status"] == "ok"
    asyncio.run(send({"action": forged, **envelope}))
    unsigned = asyncio.run(send({"action": action, "nonce": nonce + 1}))
    assert unsigned["status"] == "err"
    assert store.position(key.address, "SOL").size == 1
    store.close()


@pytest.mark.skipif(not signing.is_available(), reason="needs the extra 'signing'")
def test_trailing_zero_that_was_signed_recovers_to_a_stranger_as_at_the_venue():
    key = signing.TestnetKey(KEY)
    action = {
        "type": "order",
        "orders": [wire(is_buy=True, price="151", size="1.50")],
        "grouping": "na",
    }
    nonce = to_ms(START)
    envelope = wires.Envelope(
        action=action,
        nonce=nonce,
        signature=key.sign(action, nonce=nonce, vault=None, expires_after_ms=None),
        vault=None,
        expires_after_ms=None,
    )
    assert SignatureVerifier().signer(envelope) != key.address
