from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import polars as pl
import pytest

from solalpha.config import Parameters, Paths
from solalpha.errors import DataError, VenueError
from solalpha.hyperliquid.fields import Page
from solalpha.hyperliquid.replies import (
    AssetContext,
    Book,
    BookLevel,
    Candle,
    SettledFunding,
    Trade,
)
from solalpha.hyperliquid.rest import InfoClient
from solalpha.raw import ingest_log, lake
from solalpha.raw.venue import ingest_hyperliquid
from solalpha.raw.venue_funding import FUNDING_BEGAN
from solalpha.raw.venue_rows import candle_rows

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


LEVEL = BookLevel(price=Decimal("150.2"), size=Decimal("3.5"), count=2)
BOOK = Book(
    coin="SOL",
    event_at=NOW - timedelta(milliseconds=300),
    bids=(LEVEL, replace(LEVEL, price=Decimal("150.1"), count=None)),
    asks=(replace(LEVEL, price=Decimal("150.3")),),
)
TRADE = Trade(
    coin="SOL",
    event_at=NOW - timedelta(seconds=2),
    trade_id=2**49,
    aggressor_side="sell",
    price=Decimal("150.2"),
    size=Decimal("1.25"),
)


def page(rows: Sequence[Any], *, received: int | None = None) -> Page[Any]:
    count = len(rows) if received is None else received
    return Page(rows=tuple(rows), received=count, duplicate=0, refused=())


@dataclass
class FakeVenue:
    """Answer from lists; ``lost`` replies of a kind are empty before it does."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    fails: tuple[str, ...] = ()
    volume: str = "1"
    has_5m: bool = False
    lost: dict[str, int] = field(default_factory=dict)
    trades: tuple[Trade, ...] = (TRADE, replace(TRADE, trade_id=2**49 + 1))
    first_settled_at: datetime = NOW.replace(minute=0) - 2 * HOUR
    breaks_after: int = 99

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def _is_lost(self, kind: str) -> bool:
        if kind in self.fails:
            raise VenueError(f"{kind} is down")
        self.lost[kind] = self.lost.get(kind, 0) - 1
        return self.lost[kind] >= 0

    async def clock_skew_s(self) -> float:
        return 0.25

    async def candles(
        self, coin: str, interval: str, *, since: datetime, until: datetime
    ) -> Page[Candle]:
        self.asked.append((interval, since, until))
        if self._is_lost(interval) or (interval == "5m" and not self.has_5m):
            return page([])
        length = HOUR if interval == "1h" else timedelta(minutes=5)
        last = datetime.fromtimestamp(
            until.timestamp() // length.total_seconds() * length.total_seconds(), UTC
        )
        opens = [last - n * length for n in (3, 2, 1)]
        return page([candle(t, length, self.volume) for t in opens if t >= since])

    async def funding_page(
        self, coin: str, *, since: datetime, until: datetime
    ) -> Page[SettledFunding]:
        self.asked.append(("funding", since, until))
        self.breaks_after -= 1
        if self.breaks_after < 0:
            raise VenueError("the line is cut")
        if self._is_lost("funding"):
            return page([])
        count = (until - self.first_settled_at) // HOUR + 1
        times = [self.first_settled_at + n * HOUR for n in range(count)]
        due = [t for t in times if since <= t <= until][:500]
        rate, premium = Decimal("0.0000125"), None
        return page(
            [
                SettledFunding(settled_at=t, funding_rate=rate, premium=premium)
                for t in due
            ]
        )

    async def asset_contexts(self) -> Sequence[AssetContext]:
        self.asked.append(("contexts",))
        self._is_lost("contexts")
        return [replace(CONTEXT, coin="BTC", asset_id=0), CONTEXT]

    async def book(self, coin: str) -> Book:
        self.asked.append(("book",))
        self._is_lost("book")
        return BOOK

    async def recent_trades(self, coin: str) -> Page[Trade]:
        self.asked.append(("trades",))
        return page([] if self._is_lost("trades") else self.trades)


async def no_wait(seconds: float) -> None:
    del seconds


def ingest(
    paths: Paths,
    parameters: Parameters,
    venue: FakeVenue | InfoClient,
    *,
    now: datetime = NOW,
    **changes: Any,
) -> Any:
    options: dict[str, Any] = {"coin": "SOL", "since": None, "now": lambda: now}
    options |= {"intervals": ("1h", "5m"), "client": venue, "sleep": no_wait}
    return asyncio.run(ingest_hyperliquid(paths, parameters, **(options | changes)))


def tables(done: Any) -> dict[str, Any]:
    names = [summary.table for summary in done.tables]
    names[4:] = ["1h", "5m"][: len(names) - 4]
    return dict(zip(names, done.tables, strict=True))


def test_everything_new_is_stored_once(paths: Paths, parameters: Parameters) -> None:
    steps: list[tuple[str, int, int]] = []
    first = ingest(
        paths, parameters, FakeVenue(), progress=lambda *step: steps.append(step)
    )
    assert [(s.table, s.added) for s in first.tables] == [
        ("asset_contexts", 1),
        ("book_snapshots", 1),
        ("trades", 2),
        ("funding_rates", 3),
        ("candles", 3),
        ("candles", 0),
    ]
    assert first.clock_skew_s == 0.25
    assert steps[-1] == ("hyperliquid SOL", 6, 6)
    candles = lake.read(paths, "candles").row(0, named=True)
    assert candles["low"] == Decimal(150)
    assert candles["event_at"] == candles["open_at"] + HOUR
    assert (candles["trade_count"], candles["source"]) == (3, "hyperliquid")
    rates = lake.read(paths, "funding_rates")
    assert rates["interval_hours"].to_list() == [1, 1, 1]
    assert rates["premium"].null_count() == 3


def test_book_is_one_wide_row_of_its_block(
    paths: Paths, parameters: Parameters
) -> None:
    ingest(paths, parameters, FakeVenue())
    row = lake.read(paths, "book_snapshots").row(0, named=True)
    assert row["sequence"] == 1751373000000 - 300  # ms of the block
    assert (row["event_at"], row["available_at"]) == (BOOK.event_at, NOW)
    assert (row["bid_price_1"], row["bid_size_1"]) == (Decimal("150.2"), Decimal("3.5"))
    assert [row[f"bid_count_{n}"] for n in (1, 2, 3)] == [2, None, None]
    assert (row["ask_price_1"], row["ask_price_2"]) == (Decimal("150.3"), None)


def test_trades_are_numbered_as_the_recorder_numbers_them(
    paths: Paths, parameters: Parameters
) -> None:
    ingest(paths, parameters, FakeVenue())
    rows = lake.read(paths, "trades")
    assert rows["trade_id"].to_list() == [2**49, 2**49 + 1]
    block = (1751373000000 - 2000) * 10_000
    assert rows["sequence"].to_list() == [block, block + 1]
    assert set(rows["aggressor_side"]) == {"sell"}


def test_available_is_never_before_the_event(
    paths: Paths, parameters: Parameters
) -> None:
    late = NOW - timedelta(seconds=3)  # our clock lags within the limit
    ingest(paths, parameters, FakeVenue(), now=late)
    for table in ("book_snapshots", "trades"):
        rows = lake.read(paths, table)
        assert (rows["available_at"] == rows["event_at"]).all()


def test_second_look_within_a_minute_asks_for_nothing_that_is_known(
    paths: Paths, parameters: Parameters
) -> None:
    venue, start = FakeVenue(has_5m=True), NOW + timedelta(seconds=10)
    ingest(paths, parameters, venue, now=start)
    venue.asked.clear()
    again = ingest(paths, parameters, venue, now=start + timedelta(seconds=59))
    assert venue.asked == []
    assert [s.added for s in again.tables] == [0] * 6
    assert (
        "not asked for again before 2025-07-01T13:00:05Z" in tables(again)["1h"].notes
    )


def test_what_can_be_new_is_asked_for_again(
    paths: Paths, parameters: Parameters
) -> None:
    venue, start = FakeVenue(has_5m=True), NOW + timedelta(seconds=10)
    ingest(paths, parameters, venue, now=start)
    for later, kinds in (
        (timedelta(seconds=60), ["contexts", "book"]),
        (timedelta(minutes=4, seconds=55), ["contexts", "book", "5m"]),
        (timedelta(minutes=29, seconds=55), ["contexts", "book", "1h", "5m"]),
        (
            timedelta(minutes=30, seconds=55),
            ["contexts", "book", "funding"],
        ),
    ):
        venue.asked.clear()
        ingest(paths, parameters, venue, now=start + later)
        assert [asked[0] for asked in venue.asked] == kinds


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1, "entries": {"x": 3}}', '{"version": 2}']
)
def test_broken_cache_is_ignored(
    paths: Paths, parameters: Parameters, text: str
) -> None:
    ingest(paths, parameters, FakeVenue())
    (cache,) = (paths.raw / ".cache").glob("*.json")
    cache.write_text(text)
    venue = FakeVenue()
    done = ingest(paths, parameters, venue)
    assert len(venue.asked) >= 6
    assert sum(s.added for s in done.tables) == 0


def test_cache_of_rows_that_are_gone_is_ignored(
    paths: Paths, parameters: Parameters
) -> None:
    ingest(paths, parameters, FakeVenue())
    shutil.rmtree(paths.raw / "candles")
    assert tables(ingest(paths, parameters, FakeVenue()))["1h"].added == 3


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


def test_empty_reply_is_confirmed_then_logged(
    paths: Paths, parameters: Parameters
) -> None:
    venue = FakeVenue()
    done = ingest(paths, parameters, venue)
    summary = tables(done)["5m"]
    assert [asked[0] for asked in venue.asked].count("5m") == 4
    assert (summary.rows_read, summary.first_at) == (0, None)
    assert summary.notes[0] == "interval 5m"
    assert summary.notes[1].startswith("no rows returned from 2025-06-14T03:49:55Z")
    assert done.unfinished == ("hyperliquid-candles-SOL-5m",)
    log = ingest_log.read(paths).filter(pl.col("is_empty_reply"))
    assert log.select("table", "interval", "rows_read").rows() == [("candles", "5m", 0)]
    assert log["asked_to"].to_list() == [NOW - timedelta(seconds=5)]


@pytest.mark.parametrize("kind", ["trades", "funding", "1h"])
def test_passing_emptiness_is_no_lack(
    paths: Paths, parameters: Parameters, kind: str
) -> None:
    done = ingest(paths, parameters, FakeVenue(has_5m=True, lost={kind: 2}))
    assert done.unfinished == ()
    assert [s.added for s in done.tables] == [1, 1, 2, 3, 3, 3]
    assert not ingest_log.read(paths)["is_empty_reply"].any()


def test_dead_market_is_told_and_asked_for_again(
    paths: Paths, parameters: Parameters
) -> None:
    done = ingest(paths, parameters, FakeVenue(trades=()))
    assert "is the market alive?" in tables(done)["trades"].notes[0]
    assert "hyperliquid-trades-SOL" in done.unfinished
    assert tables(ingest(paths, parameters, FakeVenue()))["trades"].added == 2


def test_log_of_a_run_tells_every_series(paths: Paths, parameters: Parameters) -> None:
    ingest(paths, parameters, FakeVenue())
    log = ingest_log.read(paths)
    assert log["table"].to_list() == [
        *("asset_contexts", "book_snapshots", "trades", "funding_rates"),
        *("candles", "candles"),
    ]
    assert log["added"].to_list() == [1, 1, 2, 3, 3, 0]
    assert set(log["logged_at"]) == {NOW}


def test_resume_goes_on_from_what_is_stored(
    paths: Paths, parameters: Parameters
) -> None:
    venue = FakeVenue()
    ingest(paths, parameters, venue)
    asked = {kind: window for kind, *window in venue.asked[::-1]}
    assert asked["funding"][0] == datetime(2023, 5, 12, tzinfo=UTC)
    assert asked["1h"][0] == NOW - timedelta(seconds=5) - 5000 * HOUR
    venue.asked.clear()
    ingest(paths, parameters, venue, now=NOW + 2 * HOUR)
    asked = {kind: window for kind, *window in venue.asked[::-1]}
    assert asked["funding"][0] == NOW.replace(minute=0) - 24 * HOUR
    assert asked["1h"][0] == NOW.replace(minute=0) - 25 * HOUR


def test_since_that_was_read_through_goes_on_too(
    paths: Paths, parameters: Parameters
) -> None:
    venue, since = FakeVenue(), NOW - timedelta(days=60)
    ingest(paths, parameters, venue, since=since)
    venue.asked.clear()
    ingest(paths, parameters, venue, since=since, now=NOW + 2 * HOUR)
    asked = {kind: window for kind, *window in venue.asked[::-1]}
    assert asked["1h"][0] == NOW.replace(minute=0) - 25 * HOUR
    earlier = since - HOUR
    venue.asked.clear()
    ingest(paths, parameters, venue, since=earlier, now=NOW + 2 * HOUR)
    asked = {kind: window for kind, *window in venue.asked[::-1]}
    assert asked["1h"][0] == asked["funding"][0] == earlier


def test_since_before_the_venues_reach_is_told(
    paths: Paths, parameters: Parameters
) -> None:
    since = datetime(2024, 1, 1, tzinfo=UTC)
    summary = tables(ingest(paths, parameters, FakeVenue(), since=since))["1h"]
    assert "the venue reaches back to 2025-07-01T09:00:00Z only" in summary.notes


def test_revised_candle_is_kept_out_and_told(
    paths: Paths, parameters: Parameters
) -> None:
    ingest(paths, parameters, FakeVenue())
    later = NOW + timedelta(minutes=35)
    venue = FakeVenue(volume="2")
    summary = tables(ingest(paths, parameters, venue, now=later))["1h"]
    assert (summary.added, summary.conflicting) == (1, 2)
    assert "2 rows differ from stored: kept out" in summary.notes


def test_late_settlement_counts_as_repaired(
    paths: Paths, parameters: Parameters
) -> None:
    venue = FakeVenue()
    ingest(paths, parameters, venue)
    venue.first_settled_at -= 3 * HOUR
    done = ingest(paths, parameters, venue, now=NOW + HOUR)
    summary = tables(done)["funding_rates"]
    assert (summary.added, summary.duplicate) == (4, 3)
    assert "3 rows fill holes" in summary.notes
    assert ingest_log.read(paths).filter(table="funding_rates")["repaired"].sum() == 3


def test_funding_months_are_stored_as_they_become_whole(
    paths: Paths, parameters: Parameters
) -> None:
    venue = FakeVenue(first_settled_at=NOW.replace(minute=0) - 1500 * HOUR)
    done = ingest(paths, parameters, venue)
    assert tables(done)["funding_rates"].added == 1501
    files = sorted(paths.raw.glob("funding_rates/coin=SOL/*/*.parquet"))
    assert [f.parent.name for f in files] == [
        *("month=2025-04", "month=2025-05", "month=2025-06", "month=2025-07")
    ]
    assert len([asked for asked in venue.asked if asked[0] == "funding"]) == 4


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_funding_stopped_at_any_page_resumes_to_the_same_files(
    paths: Paths, parameters: Parameters, pages: int
) -> None:
    first = NOW.replace(minute=0) - 1500 * HOUR
    ingest(paths, parameters, FakeVenue(first_settled_at=first))
    other = Paths(data_dir=paths.data_dir / "stopped")
    stopped = FakeVenue(first_settled_at=first, breaks_after=pages)
    with pytest.raises(VenueError, match="the line is cut"):
        ingest(other, parameters, stopped)
    venue = FakeVenue(first_settled_at=first)
    ingest(other, parameters, venue)
    begun = next(window[0] for kind, *window in venue.asked if kind == "funding")
    assert begun > FUNDING_BEGAN  # whole months were kept
    names = [
        [file.relative_to(place.raw) for file in place.raw.rglob("part-*.parquet")]
        for place in (paths, other)
    ]
    assert sorted(names[0]) == sorted(names[1])


def test_candles_of_another_length_or_off_the_grid_are_refused(
    paths: Paths, parameters: Parameters
) -> None:
    good = candle(NOW.replace(minute=0) - HOUR, HOUR)
    rows = [good, replace(good, open_at=good.open_at - timedelta(minutes=1))]
    rows.append(replace(good, open_at=good.open_at - HOUR))  # two hours long
    frame, odd = candle_rows(rows, coin="SOL", interval="1h", delay_s=5)
    assert (frame.height, odd) == (1, 2)
    assert frame["available_at"].to_list() == [good.closed_at + timedelta(seconds=5)]


def test_early_end_of_the_settlements_is_unfinished(
    paths: Paths, parameters: Parameters
) -> None:
    venue = FakeVenue()
    ingest(paths, parameters, venue)
    dead = FakeVenue(lost={"funding": 99})
    done = ingest(paths, parameters, dead, now=NOW + 5 * HOUR)
    assert "hyperliquid-funding_rates-SOL" in done.unfinished
    assert (
        ingest_log.read(paths)
        .filter(pl.col("is_empty_reply") & (pl.col("table") == "funding_rates"))
        .height
    )
    again = ingest(paths, parameters, FakeVenue(), now=NOW + 5 * HOUR)
    assert tables(again)["funding_rates"].added == 5


def test_unlisted_coin_is_refused(paths: Paths, parameters: Parameters) -> None:
    with pytest.raises(DataError, match=r"does not list 'NOPE'.*2 coins, e.g. BTC"):
        ingest(paths, parameters, FakeVenue(), coin="NOPE")
    assert lake.tables(paths) == []


def test_one_bad_series_does_not_keep_the_others_out(
    paths: Paths, parameters: Parameters
) -> None:
    with pytest.raises(VenueError, match=r"book is down \(5 of 6 series are stored"):
        ingest(paths, parameters, FakeVenue(fails=("book",)))
    assert lake.read(paths, "funding_rates").height == 3


def test_failure_keeps_what_was_stored_and_frees_the_lock(
    paths: Paths, parameters: Parameters
) -> None:
    with pytest.raises(VenueError, match="1h is down"):
        ingest(paths, parameters, FakeVenue(fails=("1h", "5m")))
    assert lake.read(paths, "funding_rates").height == 3
    assert tables(ingest(paths, parameters, FakeVenue()))["1h"].added == 3


def test_busy_lake_is_waited_for(paths: Paths, parameters: Parameters) -> None:
    held = ExitStack()
    thread_paths: list[float] = []

    async def sleep(seconds: float) -> None:
        thread_paths.append(seconds)
        held.close()

    with ThreadPoolExecutor(max_workers=1) as other:
        other.submit(held.enter_context, lake.writing(paths)).result()
        release = held.pop_all()
        held.callback(lambda: other.submit(release.close).result())
        done = ingest(paths, parameters, FakeVenue(has_5m=True), sleep=sleep)
    assert (thread_paths, done.unfinished) == ([0.5], ())


def test_sample_lake_refuses_the_venue(paths: Paths, parameters: Parameters) -> None:
    ingest(paths, parameters, FakeVenue())
    rows = lake.read(paths, "funding_rates").with_columns(origin=pl.lit("sample"))
    other = Paths(data_dir=paths.data_dir / "sample")
    lake.append(other, "funding_rates", rows, ingest_id="sample")
    venue = FakeVenue()
    with pytest.raises(DataError, match="holds sample rows"):
        ingest(other, parameters, venue)
    assert venue.asked == []
