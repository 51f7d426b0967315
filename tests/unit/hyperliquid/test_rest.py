from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx

from solalpha.clock import to_ms
from solalpha.errors import ConfigError, VenueError
from solalpha.hyperliquid import asking
from solalpha.hyperliquid.rest import InfoClient, Patience
from solalpha.hyperliquid.weights import WeightBucket

BASE = "https://venue.test"
INFO = f"{BASE}/info"
START = datetime(2025, 1, 1, tzinfo=UTC)
PATIENCE = Patience(timeout_s=1, attempts=3, first_pause_s=1, longest_pause_s=8)


class Waits:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


def ask(
    question: Callable[[InfoClient], Awaitable[Any]], waits: Waits | None = None
) -> Any:
    waits = waits or Waits()

    async def run() -> Any:
        client = InfoClient(
            BASE,
            bucket=WeightBucket(1e6, sleep=Waits().sleep),
            patience=PATIENCE,
            sleep=waits.sleep,
            jitter=lambda: 1.0,
        )
        async with client as opened:
            return await question(opened)

    return asyncio.run(run())


@respx.mock
def test_mids_posts_the_type_and_returns_decimals() -> None:
    route = respx.post(INFO).respond(json={"SOL": "26.516"})
    assert ask(lambda c: c.mids()) == {"SOL": Decimal("26.516")}
    assert json.loads(route.calls[0].request.content) == {"type": "allMids"}


@respx.mock
def test_candles_nest_the_window_in_req() -> None:
    route = respx.post(INFO).respond(json=[])
    until = START + timedelta(hours=2)
    page = ask(lambda c: c.candles("SOL", "1h", since=START, until=until))
    assert (page.rows, page.received) == ((), 0)
    window = {"coin": "SOL", "interval": "1h"}
    window |= {"startTime": 1735689600000, "endTime": 1735696800000}
    sent = json.loads(route.calls[0].request.content)
    assert sent == {"type": "candleSnapshot", "req": window}


@respx.mock
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_read_is_asked_again_after_a_passing_failure(status: int) -> None:
    replies = [httpx.Response(status, text="null"), httpx.Response(200, json={})]
    route = respx.post(INFO).mock(side_effect=replies)
    waits = Waits()
    assert ask(lambda c: c.mids(), waits) == {}
    assert route.call_count == 2
    assert waits.seconds == [1.0]


@respx.mock
def test_pauses_double_and_honour_retry_after() -> None:
    slow = httpx.Response(429, headers={"retry-after": "7"})
    replies = [httpx.ReadTimeout("slow"), slow, httpx.Response(200, json={})]
    respx.post(INFO).mock(side_effect=replies)
    waits = Waits()
    ask(lambda c: c.mids(), waits)
    assert waits.seconds == [1.0, 7.0]


@respx.mock
def test_read_gives_up_after_the_last_attempt() -> None:
    route = respx.post(INFO).mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(VenueError, match=r"no connection .*gave up after 3 attempts"):
        ask(lambda c: c.mids())
    assert route.call_count == 3


@respx.mock
def test_unprocessable_request_is_not_asked_again() -> None:
    text = "Failed to deserialize the JSON body into the target type"
    route = respx.post(INFO).respond(422, text=text)
    with pytest.raises(VenueError, match="HTTP 422 'Failed to deserialize"):
        ask(lambda c: c.mids())
    assert route.call_count == 1


@respx.mock
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<html>\n gateway </html>", "no JSON: '<html> gateway </html>'"),
        ("null", "reply is null"),
        ("", "no JSON"),
        ("[1]", "expected an object"),
    ],
)
def test_nonsense_body_is_one_clear_line(text: str, told: str) -> None:
    respx.post(INFO).respond(200, text=text)
    with pytest.raises(VenueError, match=told) as error:
        ask(lambda c: c.mids())
    assert "\n" not in str(error.value)


def settlements(start: datetime, count: int) -> list[dict[str, Any]]:
    return [
        {
            "coin": "SOL",
            "fundingRate": "0.0000125",
            "premium": "0",
            "time": to_ms(start + timedelta(hours=hour)),
        }
        for hour in range(count)
    ]


@respx.mock
def test_funding_pages_start_a_millisecond_behind_the_last_row() -> None:
    everything = settlements(START, 1203)
    starts: list[int] = []

    def serve(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        starts.append(body["startTime"])
        rows = [row for row in everything if row["time"] >= body["startTime"]]
        return httpx.Response(200, json=rows[:500])

    respx.post(INFO).mock(side_effect=serve)
    until = START + timedelta(days=60)
    found = ask(lambda c: c.funding_history("SOL", since=START, until=until))
    assert len(found) == len({row.settled_at for row in found}) == 1203
    assert starts[1] == everything[499]["time"] + 1
    assert starts[2] == everything[999]["time"] + 1
    assert len(starts) == 3


@respx.mock
def test_funding_pages_that_do_not_advance_are_refused() -> None:
    respx.post(INFO).respond(json=settlements(START - timedelta(days=99), 500))
    until = START + timedelta(days=60)
    with pytest.raises(
        VenueError, match=r"expected times from there to .*gave up after 3"
    ):
        ask(lambda c: c.funding_history("SOL", since=START, until=until))


@respx.mock
def test_reply_rows_are_charged_to_the_budget() -> None:
    respx.post(INFO).respond(json=settlements(START, 400))
    bucket = WeightBucket(1200, monotonic_s=lambda: 0.0)

    async def run() -> None:
        async with InfoClient(BASE, bucket=bucket, patience=PATIENCE) as client:
            until = START + timedelta(hours=399)
            await client.funding_history("SOL", since=START, until=until)

    asyncio.run(run())
    assert bucket.left == 1200 - 20 - 20


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hyperliquid.xyz/exchange",
        "https://api.hyperliquid.xyz/info?x=1",
        "https://api.hyperliquid.xyz/#/exchange",
        "ftp://api.hyperliquid.xyz",
        "api.hyperliquid.xyz",
        "https://",
    ],
)
def test_base_url_with_a_path_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="base url"):
        InfoClient(url)


def test_client_that_is_not_open_is_refused() -> None:
    with pytest.raises(ConfigError, match="not open"):
        asyncio.run(InfoClient(BASE).mids())


@respx.mock
def test_no_method_reaches_anything_but_info() -> None:
    seen: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(422)

    respx.route().mock(side_effect=serve)
    window = {"since": START, "until": START}
    questions: list[Callable[[InfoClient], Awaitable[Any]]] = [
        lambda c: c.meta(),
        lambda c: c.mids(),
        lambda c: c.status(),
        lambda c: c.clock_skew_s(),
        lambda c: c.book("SOL"),
        lambda c: c.recent_trades("SOL"),
        lambda c: c.asset_contexts(),
        lambda c: c.predicted_funding(),
        lambda c: c.candles("SOL", "1h", **window),
        lambda c: c.funding_page("SOL", **window),
        lambda c: c.funding_history("SOL", **window),
    ]
    public = inspect.getmembers(InfoClient, inspect.iscoroutinefunction)
    assert len([name for name, _ in public if not name.startswith("_")]) == 11
    for question in questions:
        with pytest.raises(VenueError):
            ask(question)
    assert set(seen) == {INFO}
    assert inspect.getsource(asking).count('"POST"') == 1
