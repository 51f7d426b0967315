"""What a realism table is computed from: one coin's raw rows as plain arrays.

They come from a data directory of ours or from a folder of files laid out as
``candles/<venue>/<COIN>/<interval>.parquet``, ``funding/<venue>/<COIN>.parquet`` and
``books_trades/<venue>/<day>/{orderbooks,trades}_<COIN>.csv.gz``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from solalpha.audit.stylised import Floats, Integers
from solalpha.config import Paths, load_paths
from solalpha.errors import DataError
from solalpha.raw.inventory import table_files
from solalpha.raw.schemas import BOOK_LEVELS, table_schema

_FIVE_MINUTES_US = 300_000_000
_VENUE = "hyperliquid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candles:
    """Hold closes and volumes; ``open_us`` in microseconds since the epoch."""

    open_us: Integers
    close: Floats
    volume: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Trades:
    """Hold trades in time order; ``sign`` is +1 where the aggressor bought."""

    at_us: Integers
    price: Floats
    size: Floats
    sign: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Hold books in time order; best and last prices and all sizes.

    Attributes
    ----------
    bid, ask, last_bid, last_ask : ndarrays of shape (n_books,)
    bid_size, ask_size : ndarrays of shape (n_books, 20), base units, NaN if absent
    """

    at_us: Integers
    bid: Floats
    ask: Floats
    last_bid: Floats
    last_ask: Floats
    bid_size: NDArray[np.float32]
    ask_size: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Hold what is known of one coin; what is absent is None.

    ``five_minutes`` are prices every five minutes, from candles or mids.
    """

    coin: str
    place: str
    hours: Candles | None
    five_minutes: Candles | None
    funding: Floats | None
    trades: Trades | None
    books: Books | None


def observe(place: Path, coin: str) -> Observed:
    """Read what ``place``, a data directory or a folder of files, holds of ``coin``.

    Raises
    ------
    DataError
        If it holds nothing of the coin.
    """
    if not place.is_dir():
        raise DataError(
            f"{place} is no folder; expected recordings or a data directory"
        )
    paths = load_paths(place)
    found = _of_lake(paths, coin) if paths.raw.is_dir() else _of_folder(place, coin)
    parts = (found.hours, found.five_minutes, found.funding, found.trades, found.books)
    if all(part is None for part in parts):
        raise DataError(f"{place} holds nothing of {coin}; expected candles or books")
    return found


def _of_lake(paths: Paths, coin: str) -> Observed:
    candles = _scan(paths, "candles", coin)
    books = _lake_books(paths, coin)
    five = _candles(candles, "5m", "open_at")
    if five is None and books is not None:
        five = _mids(books)
    funding = _scan(paths, "funding_rates", coin)
    return Observed(
        coin=coin,
        place=str(paths.data_dir),
        hours=_candles(candles, "1h", "open_at"),
        five_minutes=five,
        funding=_rates(funding, "event_at"),
        trades=_lake_trades(paths, coin),
        books=books,
    )


def _scan(paths: Paths, table: str, coin: str) -> pl.LazyFrame | None:
    files = table_files(paths, table_schema(table), coin)
    return pl.scan_parquet(files, hive_partitioning=False) if files else None


def _candles(rows: pl.LazyFrame | None, interval: str, time: str) -> Candles | None:
    if rows is None:
        return None
    if "interval" in rows.collect_schema():
        rows = rows.filter(pl.col("interval") == interval)
    frame = rows.select(
        pl.col(time).dt.epoch("us").alias("at"),
        pl.col("close", "volume").cast(pl.Float64),
    )
    found = frame.unique("at").sort("at").collect()
    if found.is_empty():
        return None
    return Candles(
        open_us=found["at"].to_numpy(),
        close=found["close"].to_numpy(),
        volume=found["volume"].to_numpy(),
    )


def _rates(rows: pl.LazyFrame | None, time: str) -> Floats | None:
    # Hourly rates only: the venue settled every eight hours in its first weeks.
    if rows is None:
        return None
    found = rows.select(
        pl.col(time).dt.truncate("1h").alias("at"),
        pl.col("funding_rate").cast(pl.Float64),
    )
    frame = found.unique("at").sort("at").collect()
    gap = frame["at"].diff().dt.total_hours().fill_null(1).to_numpy()
    long = np.flatnonzero(gap == 8)
    first = int(long[-1]) + 1 if long.size else 0
    rate = frame["funding_rate"].to_numpy()[first:]
    return rate if rate.size else None


def _lake_trades(paths: Paths, coin: str) -> Trades | None:
    rows = _scan(paths, "trades", coin)
    if rows is None:
        return None
    frame = rows.sort("event_at", "sequence", "trade_id").select(
        pl.col("event_at").dt.epoch("us").alias("at"),
        pl.col("price", "size").cast(pl.Float64),
        pl.col("aggressor_side").alias("side"),
    )
    return _trades(frame.collect())


def _trades(frame: pl.DataFrame) -> Trades | None:
    if frame.is_empty():
        return None
    return Trades(
        at_us=frame["at"].to_numpy(),
        price=frame["price"].to_numpy(),
        size=frame["size"].to_numpy(),
        sign=np.where(frame["side"].to_numpy() == "buy", 1.0, -1.0),
    )


def _lake_books(paths: Paths, coin: str) -> Books | None:
    rows = _scan(paths, "book_snapshots", coin)
    if rows is None:
        return None
    at = pl.col("event_at").dt.epoch("us").alias("at")
    frame = rows.sort("event_at", "sequence").select(at, *_level_columns(1))
    return _books(frame.collect(), 1)


def _level_columns(first: int) -> list[pl.Expr]:
    last = first + BOOK_LEVELS - 1
    return [
        pl.col(f"{side}_price_{level}").cast(pl.Float64)
        for side in ("bid", "ask")
        for level in (first, last)
    ] + [
        pl.col(f"{side}_size_{level}").cast(pl.Float64).cast(pl.Float32)
        for side in ("bid", "ask")
        for level in range(first, last + 1)
    ]


def _books(frame: pl.DataFrame, first: int) -> Books | None:
    frame = frame.filter(pl.col(f"bid_price_{first}") < pl.col(f"ask_price_{first}"))
    if frame.is_empty():
        return None
    last = first + BOOK_LEVELS - 1

    def sizes(side: str) -> NDArray[np.float32]:
        names = [f"{side}_size_{level}" for level in range(first, last + 1)]
        return frame.select(names).to_numpy()

    return Books(
        at_us=frame["at"].to_numpy(),
        bid=frame[f"bid_price_{first}"].to_numpy(),
        ask=frame[f"ask_price_{first}"].to_numpy(),
        last_bid=frame[f"bid_price_{last}"].to_numpy(),
        last_ask=frame[f"ask_price_{last}"].to_numpy(),
        bid_size=sizes("bid"),
        ask_size=sizes("ask"),
    )


def _mids(books: Books) -> Candles:
    # The last mid of every five minutes that has one; no volume is known.
    turn = books.at_us // _FIVE_MINUTES_US
    last = np.flatnonzero(np.diff(turn, append=turn[-1] + 1))
    mid = (books.bid[last] + books.ask[last]) / 2.0
    return Candles(
        open_us=turn[last] * _FIVE_MINUTES_US,
        close=mid,
        volume=np.full(mid.size, np.nan),
    )


def _of_folder(place: Path, coin: str) -> Observed:
    candles = place / "candles" / _VENUE / coin
    trades = _recordings(place, f"trades_{coin}.csv.gz")
    books = _recordings(place, f"orderbooks_{coin}.csv.gz")
    return Observed(
        coin=coin,
        place=str(place),
        hours=_candles(_file(candles / "1h.parquet"), "1h", "open_time"),
        five_minutes=_candles(_file(candles / "5m.parquet"), "5m", "open_time"),
        funding=_rates(_file(place / "funding" / _VENUE / f"{coin}.parquet"), "time"),
        trades=None if trades is None else _recorded_trades(trades),
        books=None if books is None else _recorded_books(books),
    )


def _file(path: Path) -> pl.LazyFrame | None:
    return pl.scan_parquet(path, hive_partitioning=False) if path.is_file() else None


def _recordings(place: Path, name: str) -> pl.DataFrame | None:
    # All days of a recording, by the venue's time; a row may be recorded twice.
    files = sorted((place / "books_trades" / _VENUE).glob(f"*/{name}"))
    if not files:
        return None
    frame = pl.concat([pl.read_csv(path) for path in files], how="diagonal_relaxed")
    return frame.with_columns(at=pl.col("exchange_timestamp") * 1000)


def _recorded_trades(frame: pl.DataFrame) -> Trades | None:
    rows = frame.unique(["at", "trade_id"], maintain_order=True)
    return _trades(rows.sort("at", maintain_order=True))


def _recorded_books(frame: pl.DataFrame) -> Books | None:
    rows = frame.unique("at", maintain_order=True).sort("at")
    return _books(rows.select("at", *_level_columns(0)), 0)
