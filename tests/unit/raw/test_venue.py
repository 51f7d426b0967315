from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx
import polars as pl
import pytest
import respx

from solalpha.config import Parameters, Paths
from solalpha.errors import DataError, VenueError
from solalpha.hyperliquid.replies import AssetContext, Candle, SettledFunding
from solalpha.hyperliquid.rest import InfoClient
from solalpha.raw import lake
from solalpha.raw.venue import ingest_hyperliquid

NOW = datetime(2025, 7, 1, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def candle(open_at: datetime, length: timedelta, volume: str = "1") -> Candle:
    return Candle(
        open_at=open_at,
        closed_at=open_at + length,
        open=Decimal("150.1"),
        high=Decimal("150.3"),
        low=Decimal("1.5E+2"),
        close=Decimal("150.2"),
        volume=Decimal(volume),
        trade_count=3,
    )


CONTEXT = AssetContext(
    coin="SOL",
    asset_id=5,
    received_at=NOW + timedelta(microseconds=7),
    mark_price=Decimal("150.25"),
    oracle_price=Decimal("150.2"),
    mid_price=None,
    impact_bid_price=None,
    impact_ask_price=None,
    open_interest=Decimal("5734236.3800000008"),
    day_volume_usd=Decimal(436168628),
    premium=Decimal("0.0001"),
    funding_rate=Decimal("0.0000125"),
)


@dataclass
class FakeVenue:
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    fails: bool = False
    volume: str = "1"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    async def candles(
        self, coin: str, interval: str, *, since: datetime, until: datetime
    ) -> Sequence[Candle]:
        self.asked.append((interval, since, until))
        length = HOUR if interval == "1h" else timedelta(minutes=5)
        if self.fails:
            raise VenueError("down")
        if interval == "5m":
            return ()
        return [candle(NOW - 30 * timedelta(minutes=1) - n * HOUR, length, self.volume)
                for n in (3, 2, 1)]  # fmt: skip

    async def funding_history(
        self, coin: str, *, since: datetime, until: datetime
    ) -> Sequence[SettledFunding]:
        self.asked.append(("funding", since, until))
        times = [NOW.replace(minute=0) - n * HOUR for n in (2, 1, 0)]
        rate, premium = Decimal("0.0000125"), None
        return [
            SettledFunding(settled_at=t, funding_rate=rate, premium=premium)
            for t in times
            if t >= since
        ]

    async def asset_contexts(self) -> Sequence[AssetContext]:
        return [replace(CONTEXT, coin="BTC", asset_id=0), CONTEXT]


def ingest(
    paths: Paths, parameters: Parameters, venue: FakeVenue | InfoClient, **changes: Any
) -> Any:
    options: dict[str, Any] = {"coin": "SOL", "since": None, "moment": NOW}
    options |= {"intervals": ("1h", "5m"), "client": venue}
    return asyncio.run(ingest_hyperliquid(paths, parameters, **(options | changes)))


def test_everything_new_is_stored_once(paths: Paths, parameters: Parameters) -> None:
    steps: list[tuple[str, int, int]] = []
    first = ingest(
        paths, parameters, FakeVenue(), progress=lambda *step: steps.append(step)
    )
    assert [(s.table, s.added) for s in first] == [
        ("asset_contexts", 1),
        ("funding_rates", 3),
        ("candles", 3),
        ("candles", 0),
    ]
    assert steps[-1] == ("hyperliquid SOL", 4, 4)
    again = ingest(paths, parameters, FakeVenue())
    assert [s.added for s in again] == [0, 0, 0, 0]
    candles = lake.read(paths, "candles").row(0, named=True)
    assert candles["low"] == Decimal(150)
    assert candles["event_at"] == candles["open_at"] + HOUR
    assert (candles["trade_count"], candles["source"]) == (3, "hyperliquid")
    rates = lake.read(paths, "funding_rates")
    assert rates["interval_hours"].to_list() == [1, 1, 1]
    assert rates["premium"].null_count() == 3


def test_context_keeps_what_does_not_fit_aside(
    paths: Paths, parameters: Parameters
) -> None:
    ingest(paths, parameters, FakeVenue())
    row = lake.read(paths, "asset_contexts").row(0, named=True)
    assert row["open_interest"] is None
    assert row["unfit_values"] == '{"open_interest": "5734236.3800000008"}'
    assert row["mark_price"] == Decimal("150.25")
    assert row["mid_price"] is None
    assert row["event_at"] == row["available_at"] == CONTEXT.received_at


def test_empty_reply_is_told_and_proves_nothing(
    paths: Paths, parameters: Parameters
) -> None:
    summary = ingest(paths, parameters, FakeVenue())[3]
    assert (summary.rows_read, summary.first_at) == (0, None)
    assert summary.notes[0] == "interval 5m"
    assert summary.notes[1].startswith("no rows returned from 2025-06-14T03:50:00Z")


def test_resume_goes_on_from_what_is_stored(
    paths: Paths, parameters: Parameters
) -> None:
    venue = FakeVenue()
    ingest(paths, parameters, venue)
    assert venue.asked[0][1] == datetime(2023, 5, 12, tzinfo=UTC)
    assert venue.asked[1][1] == NOW - 5000 * HOUR
    venue.asked.clear()
    ingest(paths, parameters, venue)
    assert venue.asked[0][1] == NOW.replace(minute=0) - 24 * HOUR
    assert venue.asked[1][1] == NOW.replace(minute=0) - 25 * HOUR


def test_since_before_the_venues_reach_is_told(
    paths: Paths, parameters: Parameters
) -> None:
    since = datetime(2024, 1, 1, tzinfo=UTC)
    summary = ingest(paths, parameters, FakeVenue(), since=since)[2]
    assert "the venue reaches back to 2025-07-01T09:00:00Z only" in summary.notes


def test_revised_candle_is_kept_out_and_told(
    paths: Paths, parameters: Parameters
) -> None:
    ingest(paths, parameters, FakeVenue())
    summary = ingest(paths, parameters, FakeVenue(volume="2"))[2]
    assert (summary.added, summary.conflicting) == (0, 3)
    assert "3 rows differ from stored: kept out" in summary.notes
    assert set(lake.read(paths, "candles")["volume"]) == {Decimal(1)}


def test_unlisted_coin_is_refused(paths: Paths, parameters: Parameters) -> None:
    with pytest.raises(DataError, match=r"does not list 'NOPE'.*2 coins, e.g. BTC"):
        ingest(paths, parameters, FakeVenue(), coin="NOPE")
    assert lake.tables(paths) == []


def test_failure_keeps_what_was_stored_and_frees_the_lock(
    paths: Paths, parameters: Parameters
) -> None:
    with pytest.raises(VenueError, match="down"):
        ingest(paths, parameters, FakeVenue(fails=True))
    assert lake.read(paths, "funding_rates").height == 3
    assert ingest(paths, parameters, FakeVenue())[2].added == 3


def test_sample_lake_refuses_the_venue(paths: Paths, parameters: Parameters) -> None:
    ingest(paths, parameters, FakeVenue())
    rows = lake.read(paths, "funding_rates").with_columns(origin=pl.lit("sample"))
    other = Paths(data_dir=paths.data_dir / "sample")
    lake.append(other, "funding_rates", rows, ingest_id="sample")
    venue = FakeVenue()
    with pytest.raises(DataError, match="holds sample rows"):
        ingest(other, parameters, venue)
    assert venue.asked == []


@respx.mock
def test_the_real_client_fills_the_lake(paths: Paths, parameters: Parameters) -> None:
    open_ms, hour_ms = 1751360400000, 3_600_000  # 2025-07-01T09:00:00Z
    prices = {"o": "1.5", "h": "2", "l": "1", "c": "1.25", "v": "7"}
    candles = [
        prices | {"t": t, "T": t + hour_ms - 1, "n": 1}
        for t in range(open_ms, open_ms + 4 * hour_ms, hour_ms)
    ]
    context = {"markPx": "1.3", "oraclePx": "1.2", "funding": "0.0000125"}
    context |= {"openInterest": "3", "dayNtlVlm": "9"}
    replies = {
        "metaAndAssetCtxs": [{"universe": [{"name": "SOL"}]}, [context]],
        "fundingHistory": [{"fundingRate": "0.00001", "time": open_ms + 54}],
        "candleSnapshot": candles,
    }

    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=replies[json.loads(request.content)["type"]])

    respx.post("https://venue.test/info").mock(side_effect=serve)
    client = InfoClient("https://venue.test")
    done = ingest(paths, parameters, client, intervals=("1h",))
    assert [s.added for s in done] == [1, 1, 3]  # 12:00 is open until 13:00
    closes = lake.read(paths, "candles")["close"].to_list()
    assert closes == [Decimal("1.25")] * 3
