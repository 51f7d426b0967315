"""A venue that stands still: what its reads answer at one fixed moment.

The payloads have the real shapes. With SOLALPHA_REAL_DATA they hold the real
candles, settlements and a recorded book; without, a made-up market of equal size.
"""

from __future__ import annotations

import gzip
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from solalpha.clock import from_ms, to_ms
from solalpha.config import real_data_dir

MOMENT = datetime(2025, 7, 26, 3, 30, 20, tzinfo=UTC)
HOUR_MS, MINUTES_5_MS = 3_600_000, 300_000
LENGTHS = {"1h": HOUR_MS, "5m": MINUTES_5_MS}
CANDLE_LIMIT, FUNDING_PAGE = 5000, 500
# Small enough for a run in a blink, long enough for months and pages.
CANDLES, FUNDING_HOURS, TRADES = 300, 1100, 30


@dataclass
class VenueWorld:
    """Answer info requests; ``asked`` counts them by type."""

    candles: dict[str, list[dict[str, Any]]]
    funding: list[dict[str, Any]]
    book: dict[str, Any]
    trades: list[dict[str, Any]]
    moment: datetime = MOMENT
    asked: dict[str, int] = field(default_factory=dict)

    def answer(self, body: dict[str, Any]) -> Any:
        kind = body["type"]
        self.asked[kind] = self.asked.get(kind, 0) + 1
        return getattr(self, f"_{kind}")(body)

    def _exchangeStatus(self, body: dict[str, Any]) -> Any:  # noqa: N802
        return {"time": to_ms(self.moment), "specialStatuses": None}

    def _metaAndAssetCtxs(self, body: dict[str, Any]) -> Any:  # noqa: N802
        context = {"funding": "0.0000125", "openInterest": "5734236.3800000008"}
        context |= {"prevDayPx": "180.1", "dayNtlVlm": "436168628.3827002048"}
        context |= {"premium": "0.0003", "oraclePx": "186.1", "markPx": "186.15"}
        context |= {"midPx": "186.155", "impactPxs": ["186.14", "186.17"]}
        names = ("BTC", "ETH", "ATOM", "MATIC", "DYDX", "SOL")
        universe = [{"szDecimals": 2, "name": n, "maxLeverage": 20} for n in names]
        return [{"universe": universe}, [context] * len(names)]

    def _l2Book(self, body: dict[str, Any]) -> Any:  # noqa: N802
        return self.book

    def _recentTrades(self, body: dict[str, Any]) -> Any:  # noqa: N802
        return self.trades[::-1]

    def _candleSnapshot(self, body: dict[str, Any]) -> Any:  # noqa: N802
        wish = body["req"]
        length = LENGTHS[wish["interval"]]
        rows = [
            row
            for row in self.candles[wish["interval"]]
            if row["t"] + length > wish["startTime"] and row["t"] <= wish["endTime"]
        ]
        return rows[-CANDLE_LIMIT:]

    def _fundingHistory(self, body: dict[str, Any]) -> Any:  # noqa: N802
        start, end = body["startTime"], body["endTime"]
        rows = [row for row in self.funding if start <= row["time"] <= end]
        return rows[:FUNDING_PAGE]


def make_world(
    *, candles: int = CANDLES, funding_hours: int = FUNDING_HOURS
) -> VenueWorld:
    root = real_data_dir()
    if root is None:
        return VenueWorld(
            candles={name: _made_candles(name, candles) for name in LENGTHS},
            funding=_made_funding(funding_hours),
            book=_made_book(),
            trades=_made_trades(),
        )
    folder = root / "candles" / "hyperliquid" / "SOL"
    rates = pl.read_parquet(root / "funding" / "hyperliquid" / "SOL.parquet")
    books = root / "books_trades" / "hyperliquid" / "20250903"
    return VenueWorld(
        candles={
            name: _real_candles(pl.read_parquet(folder / f"{name}.parquet"), name)[
                -candles:
            ]
            for name in LENGTHS
        },
        funding=_real_funding(rates)[-funding_hours:],
        book=_real_book(books / "orderbooks_SOL.csv.gz"),
        trades=_real_trades(books / "trades_SOL.csv.gz"),
    )


def _candle(interval: str, open_ms: int, prices: tuple[float, ...], volume: float):
    first, high, low, last = (f"{price:.2f}" for price in prices)
    row = {"t": open_ms, "T": open_ms + LENGTHS[interval] - 1, "s": "SOL"}
    row |= {"i": interval, "o": first, "c": last, "h": high, "l": low}
    return row | {"v": f"{volume:.2f}", "n": round(volume) % 997}


def _made_candles(interval: str, count: int) -> list[dict[str, Any]]:
    # The last one is still open at the moment.
    length = LENGTHS[interval]
    last = to_ms(MOMENT) // length * length
    rows = []
    for number in range(count):
        price, following = (
            180 + 9 * math.sin(n / 17) + n % 7 / 100 for n in (number, number + 1)
        )
        prices = (price, max(price, following), min(price, following), following)
        open_ms = last - (count - 1 - number) * length
        rows.append(_candle(interval, open_ms, prices, 1000 + number))
    return rows


def _made_funding(hours: int) -> list[dict[str, Any]]:
    last = to_ms(MOMENT) // HOUR_MS * HOUR_MS
    rows = []
    for number in range(hours):
        if number == hours // 2:
            continue  # the venue misses an hour now and then
        jitter, rate = number * 37 % 400, 12 + number % 5
        time = last - (hours - 1 - number) * HOUR_MS + jitter
        rows.append(
            {
                "coin": "SOL",
                "fundingRate": f"0.00000{rate}",
                "premium": f"-0.0000{rate}",
                "time": time,
            }
        )
    return rows


def _made_book() -> dict[str, Any]:
    def level(price: float, rank: int) -> dict[str, Any]:
        return {"px": f"{price:.2f}", "sz": f"{3 + rank}.5", "n": 1 + rank % 4}

    bids = [level(186.15 - rank / 100, rank) for rank in range(20)]
    asks = [level(186.16 + rank / 100, rank) for rank in range(20)]
    return {"coin": "SOL", "time": to_ms(MOMENT) - 211, "levels": [bids, asks]}


def _made_trades() -> list[dict[str, Any]]:
    return [
        {
            "coin": "SOL",
            "side": "BA"[number % 2],
            "px": f"{186.1 + number % 3 / 100:.2f}",
            "sz": f"{number + 1}.25",
            "time": to_ms(MOMENT) - 90_000 + number // 2 * 1700,
            "hash": "0x00",
            "tid": 2**49 + number * 7919 % 101,
            "users": ["0xbuyer", "0xseller"],
        }
        for number in range(TRADES)
    ]


def _real_candles(frame: pl.DataFrame, interval: str) -> list[dict[str, Any]]:
    rows = []
    for row in frame.filter(pl.col("open_time") <= MOMENT).iter_rows(named=True):
        prices = (row["open"], row["high"], row["low"], row["close"])
        rows.append(_candle(interval, to_ms(row["open_time"]), prices, row["volume"]))
    return rows


def _real_funding(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "coin": "SOL",
            "fundingRate": f"{row['funding_rate']:.10f}",
            "premium": "0.0",
            "time": to_ms(row["time"]),
        }
        for row in frame.filter(pl.col("time") <= MOMENT).iter_rows(named=True)
    ]


def _real_book(path) -> dict[str, Any]:
    frame = pl.read_csv(gzip.decompress(path.read_bytes()), n_rows=1)
    row = frame.row(0, named=True)
    sides = [
        [
            {
                "px": str(row[f"{side}_price_{n}"]),
                "sz": str(row[f"{side}_size_{n}"]),
                "n": 1,
            }
            for n in range(20)
        ]
        for side in ("bid", "ask")
    ]
    return {"coin": "SOL", "time": to_ms(MOMENT) - 211, "levels": sides}


def _real_trades(path) -> list[dict[str, Any]]:
    frame = pl.read_csv(gzip.decompress(path.read_bytes())).unique("trade_id")
    rows = frame.sort("exchange_timestamp", "trade_id").tail(TRADES)
    last = from_ms(rows["exchange_timestamp"].to_list()[-1])
    shift = to_ms(MOMENT - timedelta(seconds=2)) - to_ms(last)
    return [
        {
            "coin": "SOL",
            "side": "B" if row["side"] == "buy" else "A",
            "px": str(row["price"]),
            "sz": str(row["size"]),
            "time": row["exchange_timestamp"] + shift,
            "hash": "0x00",
            "tid": row["trade_id"],
            "users": ["0xbuyer", "0xseller"],
        }
        for row in rows.iter_rows(named=True)
    ]
