from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from solalpha.config import Parameters, Paths, real_data_dir
from solalpha.errors import ConfigError, DataError
from solalpha.raw import ingest_log, lake
from solalpha.raw.books_file import ingest_books
from solalpha.raw.summary import IngestSummary
from solalpha.raw.trades_file import ingest_trades

NOW = datetime(2025, 10, 1, tzinfo=UTC)
TRADES_HEADER = "timestamp,price,size,side,trade_id,exchange_timestamp"
TRADE = "1756904112.7983696,208.94,0.81,buy,367141310672676,1756904088568"
RECORDED = Path("books_trades/hyperliquid/20250903")
Ingest = Callable[..., IngestSummary]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def books_header(first: int = 0, depth: int = 2, *, counts: bool = False) -> str:
    levels = [
        f"{side}_{kind}_{n}"
        for n in range(first, first + depth)
        for side in ("bid", "ask")
        for kind in (("price", "size", "count") if counts else ("price", "size"))
    ]
    return ",".join(["timestamp", "sequence", "exchange_timestamp", *levels])


BOOK = "1756904112.7983696,1756904112212,1756904112212,208.98,5,208.99,6,208.9,7,209,8"


@pytest.fixture
def trades(paths: Paths, parameters: Parameters) -> Ingest:
    def call(file: Path, **options: Any) -> IngestSummary:
        return ingest_trades(
            paths, parameters, file, coin="SOL", ingested_at=NOW, **options
        )

    return call


@pytest.fixture
def books(paths: Paths, parameters: Parameters) -> Ingest:
    def call(file: Path, **options: Any) -> IngestSummary:
        return ingest_books(
            paths, parameters, file, coin="SOL", ingested_at=NOW, **options
        )

    return call


def test_trades_keep_both_clocks_and_every_digit(
    tmp_path: Path, paths: Paths, trades: Ingest
) -> None:
    summary = trades(write(tmp_path / "t.csv", TRADES_HEADER, TRADE))
    assert (summary.rows_read, summary.added) == (1, 1)
    row = lake.read(paths, "trades").row(0, named=True)
    assert row["event_at"] == datetime(2025, 9, 3, 12, 54, 48, 568000, tzinfo=UTC)
    assert row["available_at"] == datetime(2025, 9, 3, 12, 55, 12, 798369, tzinfo=UTC)
    assert (row["price"], row["size"]) == (Decimal("208.94"), Decimal("0.81"))
    assert (row["aggressor_side"], row["trade_id"]) == ("buy", 367141310672676)
    assert (row["source"], row["origin"]) == ("file", "real")


def test_trades_of_one_moment_keep_their_order_of_arrival(
    tmp_path: Path, paths: Paths, trades: Ingest
) -> None:
    later = TRADE.replace("367141310672676", "2").replace("112.798", "113.798")
    first = TRADE.replace("367141310672676", "9")
    trades(write(tmp_path / "t.csv", TRADES_HEADER, later, first))
    rows = lake.read(paths, "trades")
    assert rows["trade_id"].to_list() == [9, 2]
    assert rows["sequence"].to_list() == [17569040885680000, 17569040885680001]


def test_repeated_and_conflicting_trades_are_counted(
    tmp_path: Path, paths: Paths, trades: Ingest
) -> None:
    other = TRADE.replace("0.81", "0.82")
    late = TRADE.replace("112.798", "119.798")
    lines = [TRADES_HEADER, TRADE, late, other]
    summary = trades(write(tmp_path / "t.csv", *lines))
    assert (summary.added, summary.duplicate, summary.conflicting) == (1, 1, 1)
    assert lake.read(paths, "trades")["size"].to_list() == [Decimal("0.81")]


def test_trades_without_receipt_are_available_after_the_declared_delay(
    tmp_path: Path, paths: Paths, trades: Ingest, parameters: Parameters
) -> None:
    file = tmp_path / "t.parquet"
    at = datetime(2025, 9, 3, tzinfo=UTC)
    pl.DataFrame(
        {"time": [at], "price": [1.5], "size": [2.0], "side": ["A"], "trade_id": [4]}
    ).write_parquet(file)
    trades(file)
    row = lake.read(paths, "trades").row(0, named=True)
    assert row["available_at"] == at + timedelta(seconds=parameters.trade_delay_s)
    assert row["aggressor_side"] == "sell"


def test_recorder_whose_clock_ran_behind_is_told(
    tmp_path: Path, paths: Paths, trades: Ingest
) -> None:
    early = TRADE.replace("1756904112.7983696", "1756904088.5")
    summary = trades(write(tmp_path / "t.csv", TRADES_HEADER, early))
    assert "clock ran behind" in summary.notes[0]
    row = lake.read(paths, "trades").row(0, named=True)
    assert row["available_at"] == row["event_at"]


def test_trades_under_other_names_are_mapped(
    tmp_path: Path, paths: Paths, trades: Ingest
) -> None:
    record = {"T": 1756904088568, "p": "1.5", "q": "2", "s": "Sell", "id": "77"}
    file = write(tmp_path / "t.jsonl", json.dumps(record))
    names = {"time": "T", "price": "p", "size": "q", "side": "s", "trade_id": "id"}
    assert trades(file, mapping=names).added == 1
    with pytest.raises(ConfigError, match="column mapping names"):
        trades(file, mapping={**names, "colour": "x"})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("buy", "bid", "unknown side in row 1"),
        ("0.81", "0", "size not above zero"),
        ("208.94", "-1", "price not above zero"),
        ("208.94", "NaN", "expected a finite number"),
        ("367141310672676", "0xab", "trade_id that is no whole number"),
        ("1756904088568", "1756904088", "price"),
        ("1756904088568", "", "time is empty in row 1"),
    ],
)
def test_bad_trades_refuse_the_whole_file(
    tmp_path: Path, paths: Paths, trades: Ingest, old: str, new: str, told: str
) -> None:
    good = TRADE.replace("367141310672676", "1")
    file = write(tmp_path / "t.csv", TRADES_HEADER, TRADE.replace(old, new), good)
    with pytest.raises(DataError, match=told if told != "price" else "exchange|time"):
        trades(file)
    assert lake.tables(paths) == []


@pytest.mark.parametrize("first", [0, 1])
def test_books_are_numbered_from_one_whatever_the_file_does(
    tmp_path: Path, paths: Paths, books: Ingest, first: int
) -> None:
    summary = books(write(tmp_path / "b.csv", books_header(first), BOOK))
    assert summary.notes == ("2 levels a side; 20 can be stored",)
    row = lake.read(paths, "book_snapshots").row(0, named=True)
    assert (row["bid_price_1"], row["bid_size_1"]) == (Decimal("208.98"), Decimal(5))
    assert (row["ask_price_2"], row["ask_size_2"]) == (Decimal(209), Decimal(8))
    assert (row["bid_price_3"], row["bid_count_1"]) == (None, None)
    assert row["sequence"] == 1756904112212
    assert row["available_at"] == datetime(2025, 9, 3, 12, 55, 12, 798369, tzinfo=UTC)


def test_levels_under_another_pattern_are_mapped(
    tmp_path: Path, paths: Paths, books: Ingest
) -> None:
    header = "time,bids[0].price,bids[0].amount,asks[0].price,asks[0].amount"
    file = write(tmp_path / "b.csv", header, "2025-09-03T00:00:00Z,1,2,3,4")
    names = {
        "bid_price": "bids[*].price",
        "bid_size": "bids[*].amount",
        "ask_price": "asks[*].price",
        "ask_size": "asks[*].amount",
    }
    assert books(file, mapping=names).added == 1
    row = lake.read(paths, "book_snapshots").row(0, named=True)
    assert (row["ask_price_1"], row["ask_size_1"]) == (Decimal(3), Decimal(4))
    assert row["sequence"] == 1756857600000
    with pytest.raises(ConfigError, match="expected one \\*"):
        books(file, mapping=names | {"bid_price": "bids"})


def test_absent_levels_are_null_and_crossed_books_are_told(
    tmp_path: Path, paths: Paths, books: Ingest
) -> None:
    thin = BOOK.replace(",208.9,7,", ",,,").replace("1756904112212", "1756904112213")
    crossed = BOOK.replace("208.99", "208.5")
    file = write(tmp_path / "b.csv", books_header(), thin, crossed)
    summary = books(file)
    assert summary.notes[1] == "1 books are crossed or locked: stored as they are"
    rows = lake.read(paths, "book_snapshots")
    assert rows["bid_price_2"].to_list() == [Decimal("208.9"), None]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",208.9,", ",209.5,", "bid levels not best first"),
        (",209,8", ",208,8", "ask levels not best first"),
        (",209,8", ",209,", "ask level with a price or a size only"),
        (",209,8", ",209,-8", "ask size below zero"),
        (",208.98,", ",0,", "bid price not above zero"),
        (",208.98,5", ",,", "bid level after an absent one"),
        (",208.98,", ",abc,", "expected a finite number"),
    ],
)
def test_bad_books_refuse_the_whole_file(
    tmp_path: Path, paths: Paths, books: Ingest, old: str, new: str, told: str
) -> None:
    file = write(tmp_path / "b.csv", books_header(), BOOK, BOOK.replace(old, new, 1))
    with pytest.raises(DataError, match=told):
        books(file)
    assert lake.tables(paths) == []


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("time,price", "no levels of"),
        (books_header().replace("bid_price_1", "bid_price_4"), "expected every number"),
        (books_header().replace("timestamp", "clock"), "no column of event times"),
    ],
)
def test_columns_that_are_no_book_are_refused(
    tmp_path: Path, books: Ingest, header: str, told: str
) -> None:
    row = ",".join(["1"] * (header.count(",") + 1))
    with pytest.raises(DataError, match=told):
        books(write(tmp_path / "b.csv", header, row))


def test_ingest_is_logged_once_and_fills_of_holes_are_repairs(
    tmp_path: Path, paths: Paths, trades: Ingest
) -> None:
    newer = TRADE.replace("1756904088568", "1756904088999")
    trades(write(tmp_path / "a.csv", TRADES_HEADER, newer))
    trades(write(tmp_path / "b.csv", TRADES_HEADER, TRADE, newer))
    trades(write(tmp_path / "b.csv", TRADES_HEADER, TRADE, newer))
    logged = ingest_log.read(paths).sort("rows_read")
    assert logged["added"].to_list() == [1, 1]
    assert logged["repaired"].to_list() == [0, 1]
    assert logged["duplicate"].to_list() == [0, 1]


@pytest.mark.real_data
@pytest.mark.skipif(real_data_dir() is None, reason="SOLALPHA_REAL_DATA is not set")
@pytest.mark.parametrize(
    ("coin", "counts"),
    [
        ("SOL", (445, 1, 1026, 1)),
        ("BTC", (445, 1, 1467, 30)),
        ("ETH", (445, 1, 781, 1)),
    ],
)
def test_real_recordings_are_read_as_they_are(
    paths: Paths, parameters: Parameters, coin: str, counts: tuple[int, ...]
) -> None:
    folder = real_data_dir()
    assert folder is not None
    found = []
    for ingest, name in ((ingest_books, "orderbooks"), (ingest_trades, "trades")):
        file = folder / RECORDED / f"{name}_{coin}.csv.gz"
        done = ingest(paths, parameters, file, coin=coin, ingested_at=NOW)
        assert done.conflicting == 0
        found += [done.added, done.duplicate]
    assert tuple(found) == counts
