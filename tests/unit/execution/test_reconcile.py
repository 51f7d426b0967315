"""What the venue holds and we cannot explain locks the account."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from tests.unit.exchange.worlds import (
    ACCOUNT,
    PARAMETERS,
    START,
    Wall,
    make_world,
    view,
)
from tests.unit.execution.desk import BAR, Desk, disagreements, make_desk

from solalpha.config import load_paths
from solalpha.errors import VenueError

DAY = timedelta(days=1)


@pytest.fixture
def desk(fast_dir):
    made = make_desk(fast_dir)
    yield made
    made.close()


def outside(desk, size, *, is_buy=True, **fields):
    price = "160" if is_buy else "140"
    return asyncio.run(
        desk.world.order(is_buy=is_buy, price=price, size=size, **fields)
    )


def codes(desk):
    found = desk.rows("select code from risk_events order by happened_at, rowid")
    return [row["code"] for row in found]


def test_account_with_a_past_is_taken_over_as_it_stands(desk):
    outside(desk, "4")
    result = desk.cycle(4)
    assert (result.position, result.orders_placed, result.risk_state) == (
        4,
        0,
        "ACTIVE",
    )
    assert codes(desk) == []


def test_fill_of_an_order_that_is_none_of_ours_locks_the_account(desk):
    desk.cycle(5)
    outside(desk, "1")
    desk.advance(BAR + DAY, "150")
    result = desk.cycle(8, bar=BAR + DAY)
    assert result.risk_state == "HALTED"
    assert codes(desk) == ["foreign_fill"]
    # Nothing was added; the stop now covers what is held.
    assert result.position == 6
    (stop,) = asyncio.run(desk.world.info("frontendOpenOrders", user=ACCOUNT))
    assert stop["sz"] == "6.0"


def test_open_order_that_is_none_of_ours_locks_the_account(desk):
    desk.cycle(5)
    asyncio.run(desk.world.order(is_buy=True, price="140", size="1", tif="Gtc"))
    desk.advance(BAR + DAY, "150")
    assert desk.cycle(5, bar=BAR + DAY).risk_state == "HALTED"
    assert codes(desk) == ["foreign_order"]


def test_halted_account_still_reduces(desk):
    desk.cycle(5)
    outside(desk, "1")
    desk.advance(BAR + DAY, "150")
    assert desk.cycle(2, bar=BAR + DAY).position == 2


def test_liquidation_is_found_booked_and_halts(fast_dir):
    paths = load_paths(fast_dir)
    parameters = PARAMETERS.override({"paper_start_usd": "300"})
    world = make_world(
        paths.ledger / "exchange.sqlite",
        view(START, "150"),
        parameters=parameters,
        wall=Wall(),
    )
    desk = Desk(paths=paths, world=world)
    desk.cycle(2, stop=200.0)
    outside(desk, "8")
    desk.advance(BAR + timedelta(hours=1), "120")
    result = desk.cycle(2, bar=BAR + DAY, close=120.0)
    assert (result.risk_state, result.position) == ("HALTED", 0)
    assert "liquidation" in codes(desk)
    desk.close()


def test_position_that_disagrees_with_the_fills_locks_the_account(desk):
    desk.cycle(5)

    class Lying(httpx.AsyncBaseTransport):
        inner = httpx.ASGITransport(app=desk.world.app)

        async def handle_async_request(self, request):
            reply = await self.inner.handle_async_request(request)
            body = await reply.aread()
            if b"clearinghouseState" in request.content:
                body = body.replace(b'"szi":"5.0"', b'"szi":"4.0"')
            return httpx.Response(200, content=body, request=request)

    desk.advance(BAR + DAY, "150")
    client = httpx.AsyncClient(transport=Lying(), base_url="http://paper.invalid")
    result = desk.cycle(5, bar=BAR + DAY, client=client)
    assert result.risk_state == "HALTED"
    assert codes(desk) == ["position_mismatch"]
    detail = desk.rows("select detail from risk_events")[0]["detail"]
    assert detail == "SOL: the venue holds 4.0, the ledger 5.0"


def test_clock_far_from_the_venues_stops_the_cycle(desk):
    class Skewed(httpx.AsyncBaseTransport):
        inner = httpx.ASGITransport(app=desk.world.app)

        async def handle_async_request(self, request):
            if b"exchangeStatus" in request.content:
                return httpx.Response(200, content=b'{"time": 1000}', request=request)
            return await self.inner.handle_async_request(request)

    client = httpx.AsyncClient(transport=Skewed(), base_url="http://paper.invalid")
    with pytest.raises(VenueError, match="clock"):
        desk.cycle(5, client=client)


def test_fills_are_booked_once_however_often_they_are_read(desk):
    for hours in range(3):
        desk.cycle(5, bar=BAR + timedelta(hours=hours) if hours else BAR)
    assert len(desk.rows("select * from fills")) == 1
    assert disagreements(desk.paths) == []


def test_more_fills_than_a_page_are_all_booked(desk, monkeypatch):
    monkeypatch.setattr("solalpha.execution.venue.FILLS_PER_PAGE", 2)
    monkeypatch.setattr("solalpha.exchange.info._MAX_FILLS", 2)
    for minute in range(5):
        desk.advance(BAR + timedelta(minutes=minute + 1), "150")
        outside(desk, "1")
    assert desk.cycle(5).position == 5
    assert len(desk.rows("select * from fills")) == 5


def test_wall_clock_that_went_back_never_repeats_a_nonce(desk):
    desk.cycle(5)
    desk.world.wall.at -= timedelta(seconds=5)
    desk.advance(BAR + DAY, "150")
    desk.cycle(0, bar=BAR + DAY)
    nonces = [row["nonce"] for row in desk.rows("select nonce from orders")]
    assert len(set(nonces)) == len(nonces) == 3
    assert nonces == sorted(nonces)
    assert desk.cycle(0, bar=BAR + DAY).position == Decimal(0)


class Edited(httpx.AsyncBaseTransport):
    """Change the venue's answers to one kind of request."""

    def __init__(self, app, kind, body):
        self.inner, self.kind, self.body = httpx.ASGITransport(app=app), kind, body

    async def handle_async_request(self, request):
        if f'"{self.kind}"'.encode() in request.content:
            return httpx.Response(200, content=self.body, request=request)
        return await self.inner.handle_async_request(request)


def edited_client(desk, kind, body):
    return httpx.AsyncClient(
        transport=Edited(desk.world.app, kind, body), base_url="http://paper.invalid"
    )


def test_stop_that_the_venue_forgot_is_replaced(desk):
    desk.cycle(5)
    action = {"type": "cancel", "cancels": [{"a": 0, "o": 2}]}
    asyncio.run(desk.world.act(action))
    desk.advance(BAR + DAY, "150")
    client = edited_client(desk, "orderStatus", b'{"status": "unknownOid"}')
    result = desk.cycle(5, bar=BAR + DAY, client=client)
    assert result.orders_placed == 1
    states = desk.rows("select state, reject_reason from orders where leg = 'stop'")
    assert [tuple(row.values()) for row in states] == [
        ("cancelled", "forgotten by the venue"),
        ("resting", None),
    ]
    assert disagreements(desk.paths) == []


def test_stop_missing_from_a_lagging_list_is_taken_back_when_it_shows(desk):
    desk.cycle(5)
    desk.advance(BAR + DAY, "150")
    lagging = httpx.AsyncClient(
        transport=Edited(desk.world.app, "frontendOpenOrders", b"[]"),
        base_url="http://paper.invalid",
    )
    desk.cycle(5, bar=BAR + DAY, client=lagging)
    desk.advance(BAR + 2 * DAY, "150")
    result = desk.cycle(5, bar=BAR + 2 * DAY)
    assert result.risk_state == "ACTIVE"
    assert disagreements(desk.paths) == []


def test_status_word_that_is_new_stays_unknown_and_blocks(desk):
    body = (
        b'{"status": "order", "order": {"order": {"oid": 1}, "status": "novel", '
        b'"statusTimestamp": 1}}'
    )
    client = edited_client(desk, "orderStatus", body)

    def checkpoint(name):
        if name == "after_sent":
            raise TimeoutError

    with pytest.raises(TimeoutError):
        desk.cycle(5, checkpoint=checkpoint)
    result = desk.cycle(5, client=client)
    assert (result.state, result.orders_placed) == ("unresolved", 0)
    assert desk.cycle(5).position == 5
    assert disagreements(desk.paths) == []
