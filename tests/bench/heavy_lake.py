"""A synthetic lakehouse of any size: 75 columns of doubles, 120,000 rows a day.

A few days are drawn at random. Every further day is one of them with its prices moved
and its columns exchanged among those of one kind, so that each file has bytes of its
own and compresses as a drawn one does, while writing it costs little more than zstd.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from solalpha.raw.schemas import ORDER_FLOW_COLUMNS, ORDER_FLOW_TRADE_COLUMNS

START = datetime(2021, 1, 1, tzinfo=UTC)
# 3.6 million rows in 30 days, as the real lakehouse has about.
ROW_US = 720_000
ROWS_PER_DAY = 86_400_000_000 // ROW_US
DRAWN_DAYS = 6
# Columns of the trader's own beside the contract's: read by nobody, but in the files.
_OWN = ("roc_24h", "sma_diff_24h", "bb_width_4h", "bb_position_4h", "btc_vwap_1h")
COLUMNS = (*ORDER_FLOW_COLUMNS, *ORDER_FLOW_TRADE_COLUMNS, *_OWN, "bid_age_ms")
COLUMNS = (*COLUMNS, "ask_age_ms")
_SIZES = (
    "bid_volume",
    "ask_volume",
    "avg_",
    "bid_slope",
    "ask_slope",
    "trade_volume",
    "bid_age_ms",
    "ask_age_ms",
)
HOURLY = ("roc_", "sma_diff_", "bb_", "btc_", "sol_ret", "rel_strength", "golden")
_PRICES = ("best_", "mid_price", "spread", "vwap", "bid_vwap", "ask_vwap")
_CLOCK = ("hour", "day_of_week", "is_us_open")

Day = dict[str, np.ndarray]


def drawn_days(seed: int) -> list[Day]:
    """Return the days that all others are made from."""
    rng = np.random.default_rng(seed)
    return [_drawn(rng) for _ in range(DRAWN_DAYS)]


def _drawn(rng: np.random.Generator) -> Day:
    # Prices on a tick, sizes with two decimals, ratios with all of theirs.
    count = ROWS_PER_DAY
    hours = np.arange(count) * ROW_US // 3_600_000_000
    bid = (15_000 + np.cumsum(rng.integers(-1, 2, count))) / 100
    ask = bid + rng.integers(1, 4, count) / 100
    known: Day = {"best_bid": bid, "best_ask": ask}
    for name in COLUMNS:
        if name in known or name in _CLOCK:
            continue
        if name.startswith(_SIZES):
            known[name] = np.round(rng.lognormal(4, 1, count), 2)
        elif name.startswith(HOURLY):
            known[name] = rng.normal(0, 0.01, 24)[hours]
        elif "vwap" in name:
            known[name] = (bid + ask) / 2 + np.round(rng.normal(0, 0.02, count), 4)
        else:
            known[name] = np.clip(rng.normal(0, 0.4, count), -1, 1)
    return known


def day_frame(days: list[Day], number: int) -> pl.DataFrame:
    """Return the rows of the day that lies ``number`` days after the start."""
    drawn = days[number % len(days)]
    turn = number // len(days)
    day = START + timedelta(days=number)
    index = np.arange(ROWS_PER_DAY, dtype=np.int64) * ROW_US
    columns: Day = {}
    for group in _exchangeable():
        for place, name in enumerate(group):
            columns[name] = drawn[group[(place + turn) % len(group)]]
    move = (turn * 37 % 2000) / 100
    for name in drawn:
        if name.startswith(_PRICES):
            columns[name] = np.round(drawn[name] + move, 4)
    bid, ask = columns["best_bid"], columns["best_ask"]
    hours = index // 3_600_000_000
    columns |= {
        "mid_price": (bid + ask) / 2,
        "spread": ask - bid,
        "spread_bps": (ask - bid) / (ask + bid) * 2e4,
        "golden_cross": hours % 2,
        "hour": hours,
        "day_of_week": np.full(ROWS_PER_DAY, day.weekday()),
        "is_us_open": (hours >= 14) & (hours < 21),
    }
    moments = pl.Series(index + int(day.timestamp()) * 1_000_000)
    return pl.DataFrame(
        {
            "timestamp": moments.cast(pl.Datetime("us", "UTC")),
            **{name: columns[name].astype(np.float64) for name in COLUMNS},
        }
    )


def _exchangeable() -> list[list[str]]:
    rest = [n for n in COLUMNS if not n.startswith(_PRICES) and n not in _CLOCK]
    sizes = [n for n in rest if n.startswith(_SIZES)]
    hourly = [n for n in rest if n.startswith(HOURLY)]
    return [sizes, hourly, [n for n in rest if n not in (*sizes, *hourly)]]


def day_path(root: Path, number: int) -> Path:
    """Return where the day's file lies under the lakehouse ``root``."""
    day = START + timedelta(days=number)
    folder = root / f"consolidated/SOL/{day:year=%Y/month=%m}"
    return folder / f"{day:%Y-%m-%d}.parquet"


def write_days(root: Path, first: int, last: int, seed: int) -> int:
    """Write the days from ``first`` up to ``last``, exclusive; return their bytes."""
    days = drawn_days(seed)
    size = 0
    for number in range(first, last):
        path = day_path(root, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        day_frame(days, number).write_parquet(path, compression="zstd")
        size += path.stat().st_size
    return size
