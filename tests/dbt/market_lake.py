"""A small recorded market as raw parquet: books, trades, contexts, candles, funding.

SOL is recorded for three days, with late rows, missing levels, gaps and a crossed
book. BTC has candles only. ETH has an adopted lakehouse of two months that differ in
kind of timestamp and in columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from tests.dbt.features_lake import run_dbt

from solalpha.raw.schemas import table_schema

START = datetime(2024, 3, 1, tzinfo=UTC)
HOURS = 72
LEVELS = 20
SECOND = timedelta(seconds=1)
PARTS = 4
COMMON = {"source": "hyperliquid", "origin": "real", "ingest_id": "t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """Raw frames by table, and the adopted files' frames by month."""

    frames: dict[str, pl.DataFrame]
    adopted: dict[str, pl.DataFrame]


def make_lake(seed: int = 3) -> Lake:
    rng = np.random.default_rng(seed)
    books = _books(rng)
    return Lake(
        frames={
            "book_snapshots": books,
            "trades": _trades(rng, books),
            "asset_contexts": _contexts(rng),
            "candles": _candles(rng),
            "funding_rates": _funding(rng),
        },
        adopted={"2024-02": _order_flow(rng, 1), "2024-03": _order_flow(rng, 2)},
    )


def _arrivals(rng: np.random.Generator, events: pl.Series) -> pl.Series:
    # A second late, and one row in fifty up to two hours late.
    late = np.where(
        rng.random(len(events)) < 0.02, rng.integers(60, 7200, len(events)), 1
    )
    return events + pl.Series(late * 1_000_000).cast(pl.Duration("us"))


def _books(rng: np.random.Generator) -> pl.DataFrame:
    # Books from hour 10 on, one a minute, none in hour 30.
    minutes = np.array([m for m in range(600, HOURS * 60) if m // 60 != 30])
    count = len(minutes)
    event_at = pl.Series([START + timedelta(minutes=int(m)) for m in minutes])
    mid = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.0005, count))), 2)
    columns: dict[str, object] = {"event_at": event_at}
    for side, sign in (("bid", -1), ("ask", 1)):
        present = np.where(rng.random(count) < 0.05, 7, LEVELS)
        for level in range(1, LEVELS + 1):
            known = level <= present
            price = np.round(mid + sign * 0.01 * level, 2)
            size = np.round(rng.lognormal(3, 1, count), 2)
            orders = rng.integers(1, 9, count).astype(float)
            columns[f"{side}_price_{level}"] = np.where(known, price, np.nan)
            columns[f"{side}_size_{level}"] = np.where(known, size, np.nan)
            columns[f"{side}_count_{level}"] = np.where(known, orders, np.nan)
    crossed = minutes == 40 * 60 + 5
    columns["ask_price_1"] = np.where(crossed, mid - 0.05, columns["ask_price_1"])
    frame = pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))
    return frame.with_columns(
        coin=pl.lit("SOL"),
        sequence=pl.Series(minutes),
        available_at=_arrivals(rng, event_at),
    )


def _trades(rng: np.random.Generator, books: pl.DataFrame) -> pl.DataFrame:
    # Several trades share a moment, as the fills of one order do.
    rows = rng.integers(0, books.height, 6000)
    rows.sort()
    base = books["event_at"].gather(rows)
    offset = pl.Series(rng.integers(0, 20, 6000) * 1_000_000).cast(pl.Duration("us"))
    event_at = base + offset
    price = np.round(
        books["bid_price_1"].to_numpy()[rows] + rng.integers(0, 5, 6000) / 100, 2
    )
    return pl.DataFrame(
        {
            "coin": ["SOL"] * 6000,
            "trade_id": rng.permutation(6000),
            "sequence": np.arange(6000),
            "aggressor_side": np.where(rng.random(6000) < 0.5, "buy", "sell"),
            "price": price,
            "size": np.round(rng.lognormal(0, 1, 6000), 2),
            "event_at": event_at,
            "available_at": _arrivals(rng, event_at),
        }
    )


def _contexts(rng: np.random.Generator) -> pl.DataFrame:
    event_at = pl.Series(
        [START + timedelta(minutes=10 * i + 7) for i in range(HOURS * 6)]
    )
    count = len(event_at)
    return pl.DataFrame(
        {
            "coin": ["SOL"] * count,
            "mark_price": np.round(100 + rng.normal(0, 1, count), 4),
            "oracle_price": np.round(100 + rng.normal(0, 1, count), 4),
            "event_at": event_at,
            "available_at": event_at + SECOND,
        }
    )


def _candles(rng: np.random.Generator) -> pl.DataFrame:
    parts = [
        _candle_rows(rng, "SOL", 3600, HOURS),
        _candle_rows(rng, "BTC", 300, HOURS * 12),
        _candle_rows(rng, "BTC", 86400, HOURS // 24),
    ]
    return pl.concat(parts)


def _candle_rows(
    rng: np.random.Generator, coin: str, interval_s: int, count: int
) -> pl.DataFrame:
    opened = pl.Series(
        [START + timedelta(seconds=interval_s * i) for i in range(count)]
    )
    close = np.round(100 + np.cumsum(rng.normal(0, 0.1, count)), 4)
    return pl.DataFrame(
        {
            "coin": [coin] * count,
            "interval": [f"{interval_s // 60}m"] * count,
            "interval_s": [interval_s] * count,
            "open_at": opened,
            "open": close,
            "high": close + 0.5,
            "low": close - 0.5,
            "close": close,
            "volume": np.round(rng.lognormal(5, 1, count), 2),
            "event_at": opened + interval_s * SECOND,
            "available_at": opened + (interval_s + 5) * SECOND,
        }
    )


def _funding(rng: np.random.Generator) -> pl.DataFrame:
    hours = [h for h in range(HOURS) if h != 20]
    event_at = pl.Series(
        [
            START + timedelta(hours=h, milliseconds=int(rng.integers(0, 400)))
            for h in hours
        ]
    )
    return pl.DataFrame(
        {
            "coin": ["SOL"] * len(hours),
            "funding_rate": np.round(rng.normal(0, 1e-4, len(hours)), 10),
            "interval_hours": [1] * len(hours),
            "event_at": event_at,
            "available_at": event_at + 60 * SECOND,
        }
    )


def _order_flow(rng: np.random.Generator, month: int) -> pl.DataFrame:
    # February ends and March begins with three hours of rows, one in two seconds.
    start = START.replace(tzinfo=None) - timedelta(hours=3 if month == 1 else 0)
    count = 5400
    moments = pl.Series([start + timedelta(seconds=2 * i) for i in range(count)])
    bid = np.round(3000 + np.cumsum(rng.normal(0, 0.1, count)), 2)
    frame = pl.DataFrame(
        {
            "best_bid": bid,
            "best_ask": bid + 0.1,
            "depth_imbalance_5": rng.uniform(-1, 1, count),
            "bid_volume_5": rng.lognormal(3, 1, count),
            "is_us_open": rng.random(count) < 0.5,
        }
    )
    if month == 1:
        zoned = moments.dt.cast_time_unit("ns").dt.replace_time_zone("UTC")
        return frame.with_columns(
            timestamp=zoned.dt.convert_time_zone("America/New_York"),
            imb_cum=pl.Series(rng.uniform(-100, 100, count)),
        )
    bad = np.where(
        np.arange(count) % 100 == 0, np.nan, frame["bid_volume_5"].to_numpy()
    )
    return frame.with_columns(
        timestamp=moments.dt.epoch("ms"), bid_volume_5=pl.Series(bad)
    )


def write_lake(
    lake: Lake, data_dir: Path, *, until: datetime | None, seed: int
) -> None:
    """Write every table in ``PARTS`` files, rows shuffled by ``seed``."""
    rng = np.random.default_rng(seed)
    for table, frame in lake.frames.items():
        kept = complete(table, frame)
        if until is not None:
            kept = kept.filter(pl.col("available_at") <= until)
        write_parts(data_dir, table, kept[rng.permutation(kept.height)])
    _adopt(lake.adopted, data_dir, until)


def complete(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with all columns of the raw table, typed."""
    columns = table_schema(table).columns
    known = frame.with_columns([pl.lit(v).alias(k) for k, v in COMMON.items()])
    lacking = [pl.lit(None).alias(n) for n in columns if n not in known.columns]
    return known.with_columns(lacking).select(
        [pl.col(name).cast(kind, strict=False) for name, kind in columns.items()]
    )


def write_parts(data_dir: Path, table: str, frame: pl.DataFrame) -> None:
    folder = data_dir / "raw" / table / "coin=ALL" / "month=2024-03"
    folder.mkdir(parents=True, exist_ok=True)
    size = -(-frame.height // PARTS)
    for part in range(PARTS):
        frame[part * size : (part + 1) * size].write_parquet(
            folder / f"part-{part}.parquet", row_group_size=500
        )


def _adopt(
    adopted: dict[str, pl.DataFrame], data_dir: Path, until: datetime | None
) -> None:
    files = []
    for month, frame in adopted.items():
        path = data_dir / "lakehouse" / f"{month}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        is_zoned = frame.schema["timestamp"] != pl.Int64()
        moments = frame["timestamp"]
        if not is_zoned:
            moments = moments.cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
        known = moments.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
        kept = frame if until is None else frame.filter(known <= until - SECOND)
        if kept.is_empty():
            continue
        kept.write_parquet(path, row_group_size=1000)
        files.append(
            {
                "coin": "ETH",
                "file_path": str(path),
                "month": month,
                "row_count": kept.height,
                "size_bytes": path.stat().st_size,
                "modified_at": START,
                "first_event_at": known.min(),
                "last_event_at": known.max(),
                "timestamp_column": "timestamp",
                "timestamp_kind": "timestamptz" if is_zoned else "ms",
                "time_zone": "America/New_York" if is_zoned else "UTC",
                "columns": kept.columns,
                "event_at": START,
                "available_at": START,
            }
        )
    same = ["best_bid", "best_ask", "depth_imbalance_5", "bid_volume_5", "is_us_open"]
    mapped = [(name, name, 1.0) for name in same] + [("ofi_ratio", "imb_cum", 0.01)]
    columns = [
        {
            "coin": "ETH",
            "column_name": name,
            "source_column": theirs,
            "scale": scale,
            "event_at": START,
            "available_at": START,
        }
        for name, theirs, scale in mapped
    ]
    for table, rows in (("adopted_files", files), ("adopted_columns", columns)):
        folder = data_dir / "raw" / table
        folder.mkdir(parents=True, exist_ok=True)
        complete(table, pl.DataFrame(rows)).write_parquet(folder / "part-0.parquet")


MODELS = (
    "bars",
    "bars_final",
    "quality_bars",
    "int_order_flow_aggregated_to_bars",
    "int_trade_flow_aggregated_to_bars",
    "int_order_flow_measured_to_bars",
    "int_order_flow_decayed_to_bars",
    "int_volume_buckets_aligned_to_bars",
)
RUN = (
    "run",
    "--select",
    *[f"+{name}" for name in MODELS],
    "+coverage",
    "+int_order_flow_measured_to_snapshots",
)
_built: dict[str, Path] = {}


def built_market(folder: Path) -> Path:
    """Build the lake once per test session, whichever file asks first."""
    if "market" not in _built:
        data_dir = folder / "market_lake"
        write_lake(make_lake(), data_dir, until=None, seed=1)
        run_dbt(data_dir, RUN)
        _built["market"] = data_dir
    return _built["market"]
