from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from solalpha.clock import to_ms
from solalpha.errors import VenueError
from solalpha.hyperliquid import weights
from solalpha.hyperliquid.failures import (
    ClockError,
    EnvelopeError,
    ItemError,
    WireError,
)
from solalpha.hyperliquid.rest import InfoClient, Patience
from solalpha.hyperliquid.weights import WeightBucket, shared_bucket

BASE = "https://venue.test"
INFO = f"{BASE}/info"
NOW = datetime(2025, 1, 1, 12, tzinfo=UTC)
TRADE = {"coin": "SOL", "side": "B", "px": "1", "sz": "2", "time": to_ms(NOW)}


class Desk:
    """A client with a counted wait and a clock that stands still."""

    def __init__(self, now: datetime = NOW) -> None:
        self.waited: list[float] = []
        self.bucket = WeightBucket(1200, monotonic_s=lambda: 0.0, sleep=self.wait)
        self.client = InfoClient(
            BASE,
            bucket=self.bucket,
            patience=Patience(timeout_s=5, attempts=4),
            sleep=self.wait,
            jitter=lambda: 1.0,
            now=lambda: now,
        )

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)

    def ask(self, question: Callable[[InfoClient], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with self.client as opened:
                return await question(opened)

        return asyncio.run(run())


@respx.mock
@pytest.mark.parametrize(
    "broken",
    [
        httpx.Response(200, text="<html></html>"),
        httpx.Response(200, text='{"SOL": "1.'),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b'{"a": "\xff"}'),
        httpx.Response(200, text="null"),
        httpx.Response(522, text="gateway"),
        httpx.RemoteProtocolError("cut"),
        httpx.ReadError("reset"),
    ],
)
def test_broken_reply_is_asked_for_again(broken: Any) -> None:
    desk = Desk()
    whole = httpx.Response(200, json={"SOL": "1.5"})
    respx.post(INFO).mock(side_effect=[broken, whole])
    assert desk.ask(lambda c: c.mids())["SOL"] == 1.5
    assert (desk.client.tally.requests, desk.client.tally.repeats) == (2, 1)


@respx.mock
def test_each_layer_fails_with_its_own_type() -> None:
    cases: list[tuple[Any, type[VenueError], int]] = [
        (httpx.Response(422, text="Failed to deserialize"), WireError, 1),
        (
            httpx.Response(200, json={"status": "err", "response": "no"}),
            EnvelopeError,
            1,
        ),
        (httpx.Response(200, json={"SOL": 1.5}), ItemError, 4),
        (httpx.Response(503, text="later"), WireError, 4),
    ]
    for reply, kind, requests in cases:
        desk = Desk()
        respx.post(INFO).mock(side_effect=lambda request, reply=reply: reply)
        with pytest.raises(kind) as error:
            desk.ask(lambda c: c.mids())
        assert desk.client.tally.requests == requests
        assert "\n" not in str(error.value)


@respx.mock
def test_row_of_another_coin_is_asked_for_again() -> None:
    other = [TRADE | {"coin": "BTC", "tid": 1}]
    good = [TRADE | {"tid": 1}]
    replies = [httpx.Response(200, json=body) for body in (other, good)]
    respx.post(INFO).mock(side_effect=replies)
    page = Desk().ask(lambda c: c.recent_trades("SOL"))
    assert (len(page.rows), page.refused) == (1, ())


@respx.mock
def test_row_that_stays_wrong_is_counted_and_the_rest_taken() -> None:
    rows = [TRADE | {"tid": 1}, TRADE | {"tid": 2, "px": "-3"}]
    respx.post(INFO).respond(json=rows)
    desk = Desk()
    page = desk.ask(lambda c: c.recent_trades("SOL"))
    assert [row.trade_id for row in page.rows] == [1]
    assert (
        "recentTrades.px: found '-3'; expected a number above zero" in page.refused[0]
    )
    assert desk.client.tally.requests == 3


@respx.mock
def test_rows_repeated_and_out_of_order_are_put_right() -> None:
    rows = [TRADE | {"tid": tid} for tid in (3, 1, 3, 2, 1)]
    respx.post(INFO).respond(json=rows)
    page = Desk().ask(lambda c: c.recent_trades("SOL"))
    assert [row.trade_id for row in page.rows] == [1, 2, 3]
    assert (page.received, page.duplicate) == (5, 2)


@respx.mock
def test_two_versions_of_one_row_are_refused() -> None:
    rows = [TRADE | {"tid": 1}, TRADE | {"tid": 1, "px": "9"}]
    respx.post(INFO).respond(json=rows)
    with pytest.raises(ItemError, match="two different rows"):
        Desk().ask(lambda c: c.recent_trades("SOL"))


@respx.mock
def test_too_many_requests_slow_every_client_down() -> None:
    desk = Desk()
    slow = httpx.Response(429, headers={"retry-after": "6"}, text="null")
    respx.post(INFO).mock(side_effect=[slow, httpx.Response(200, json={})])
    desk.ask(lambda c: c.mids())
    # Half the pace refills 10 a second: 60 of debt for 6 s, and 2 for the request.
    assert desk.waited == [6.0, pytest.approx(6.2)]
    assert desk.bucket.pace == pytest.approx(0.525)


@respx.mock
@pytest.mark.parametrize(
    ("wish", "pause_s"),
    [
        ("Wed, 01 Jan 2025 12:00:09 GMT", 9.0),
        ("Wed, 01 Jan 2025 11:00:00 GMT", 0.5),
        ("99999999999", 120.0),
        ("soon", 0.5),
        ("-5", 0.5),
    ],
)
def test_wished_pause_is_a_count_or_a_date(wish: str, pause_s: float) -> None:
    desk = Desk()
    later = httpx.Response(503, headers={"retry-after": wish})
    respx.post(INFO).mock(side_effect=[later, httpx.Response(200, json={})])
    desk.ask(lambda c: c.mids())
    assert desk.waited == [pause_s]


@respx.mock
@pytest.mark.parametrize(("ahead_s", "side"), [(17, "behind"), (-30, "ahead of")])
def test_date_far_from_our_clock_is_refused(ahead_s: int, side: str) -> None:
    told = (NOW + timedelta(seconds=ahead_s)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    respx.post(INFO).respond(json={}, headers={"date": told})
    with pytest.raises(ClockError, match=f"{abs(ahead_s)}.0 s {side} the venue's"):
        Desk().ask(lambda c: c.mids())


@respx.mock
@pytest.mark.parametrize("ahead_s", [-4.9, 0.0, 4.9])
def test_clock_within_the_limit_is_measured(ahead_s: float) -> None:
    time = to_ms(NOW - timedelta(seconds=ahead_s))
    respx.post(INFO).respond(json={"time": time, "specialStatuses": None})
    assert Desk().ask(lambda c: c.clock_skew_s()) == pytest.approx(ahead_s)


@respx.mock
@pytest.mark.parametrize("ahead_s", [-5.1, 5.1])
def test_clock_beyond_the_limit_is_refused(ahead_s: float) -> None:
    time = to_ms(NOW - timedelta(seconds=ahead_s))
    respx.post(INFO).respond(json={"time": time})
    with pytest.raises(ClockError, match=r"5\.1 s .* expected within 5 s"):
        Desk().ask(lambda c: c.clock_skew_s())


class Endless(httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += 1 << 20
            yield b" " * (1 << 20)


def test_reply_without_end_fills_no_memory() -> None:
    stream = Endless()

    async def run() -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=stream))
        async with InfoClient(BASE, transport=transport) as client:
            await client.mids()

    with pytest.raises(WireError, match="expected at most 33554432"):
        asyncio.run(run())
    assert stream.sent <= 34 << 20


def test_all_clients_of_a_process_share_one_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights._Shared, "bucket", None)
    found: list[WeightBucket] = []
    threads = [
        threading.Thread(target=lambda: found.append(shared_bucket())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found += [InfoClient(BASE).asker._bucket, InfoClient(BASE).asker._bucket]
    assert len({id(bucket) for bucket in found}) == 1
