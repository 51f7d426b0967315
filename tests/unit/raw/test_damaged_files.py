"""Files that are broken in ways which once escaped as errors of a library."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from solalpha.config import Paths, load_parameters
from solalpha.errors import DataError
from solalpha.raw import lake
from solalpha.raw.books_file import ingest_books
from solalpha.raw.files import ingest_candles, ingest_funding
from solalpha.raw.footers import read_footer
from solalpha.raw.mapping import PLAIN
from solalpha.raw.trades_file import ingest_trades

NOW = datetime(2025, 7, 1, tzinfo=UTC)
HEADER = "open_time,open,high,low,close,volume\n"
RATES = pl.DataFrame({"time": [1_750_003_200_000], "funding_rate": [0.0000125]})


def candles(paths: Paths, file: Path) -> None:
    ingest_candles(
        paths, load_parameters(), file, coin="SOL", interval="1h", ingested_at=NOW
    )


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data_dir=tmp_path / "data")


def test_digits_of_another_script_are_no_number(tmp_path: Path, paths: Paths) -> None:
    file = tmp_path / "candles.csv"
    digits = "\u0661\u0662"
    row = f"1750003200000,150,151,149,{digits},1"
    file.write_text(HEADER + row, encoding="utf-8")
    with pytest.raises(DataError, match=r"close in row 1 .* expected a finite number"):
        candles(paths, file)


@pytest.mark.parametrize("text", ["[" * 5_000, '{"a":' * 5_000], ids=["list", "line"])
def test_json_nested_too_deep_is_refused(
    tmp_path: Path, paths: Paths, text: str
) -> None:
    file = tmp_path / "candles.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="too deep"):
        candles(paths, file)


def test_parquet_whose_names_are_no_text_is_refused(
    tmp_path: Path, paths: Paths
) -> None:
    file = tmp_path / "funding.parquet"
    RATES.write_parquet(file)
    file.write_bytes(file.read_bytes().replace(b"funding_rate", b"fund\xffng_rate"))
    with pytest.raises(DataError, match="cannot be read"):
        ingest_funding(paths, load_parameters(), file, coin="SOL", ingested_at=NOW)


def test_parquet_whose_texts_are_no_text_is_refused(
    tmp_path: Path, paths: Paths
) -> None:
    file = tmp_path / "funding.parquet"
    text = RATES.with_columns(pl.lit("0.0000125").alias("funding_rate"))
    text.write_parquet(file, compression="uncompressed")
    file.write_bytes(file.read_bytes().replace(b"0.0000125", b"0.000\xff125"))
    with pytest.raises(DataError, match="cannot be read"):
        ingest_funding(paths, load_parameters(), file, coin="SOL", ingested_at=NOW)


def test_footer_whose_names_are_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "part.parquet"
    pl.DataFrame({"timestamp": [1_750_003_200_000], "best_bid": [1.0]}).write_parquet(
        file
    )
    file.write_bytes(file.read_bytes().replace(b"best_bid", b"best\xffbid"))
    with pytest.raises(DataError, match="no parquet file"):
        read_footer(file, "2025-06", PLAIN)


def test_book_with_more_prices_than_sizes_is_refused(
    tmp_path: Path, paths: Paths
) -> None:
    file = tmp_path / "books.csv"
    file.write_text(
        "time,bid_price_1,bid_size_1,bid_price_2,ask_price_1,ask_size_1\n"
        "1750003200000,150,1,149,151,1\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="2 levels of bid prices and 1 of sizes"):
        ingest_books(paths, load_parameters(), file, coin="SOL", ingested_at=NOW)


def test_trade_id_with_blanks_around_it_is_read(tmp_path: Path, paths: Paths) -> None:
    file = tmp_path / "trades.csv"
    file.write_text(
        "time,price,size,side,trade_id\n1750003200000,150,1,buy, 17 \n",
        encoding="utf-8",
    )
    done = ingest_trades(paths, load_parameters(), file, coin="SOL", ingested_at=NOW)
    assert done.added == 1
    assert lake.read(paths, "trades")["trade_id"].to_list() == [17]


@pytest.mark.parametrize("sequence", ["1.5", "", "1e30"])
def test_book_without_a_whole_sequence_is_refused(
    tmp_path: Path, paths: Paths, sequence: str
) -> None:
    file = tmp_path / "books.csv"
    file.write_text(
        "time,sequence,bid_price_1,bid_size_1,ask_price_1,ask_size_1\n"
        f"1750003200000,{sequence},150,1,151,1\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="sequence that is no whole number"):
        ingest_books(paths, load_parameters(), file, coin="SOL", ingested_at=NOW)


def test_book_with_blanks_around_a_number_is_read(tmp_path: Path, paths: Paths) -> None:
    file = tmp_path / "books.csv"
    file.write_text(
        "time,bid_price_1,bid_size_1,ask_price_1,ask_size_1\n"
        "1750003200000, 150 ,1,151,1\n",
        encoding="utf-8",
    )
    done = ingest_books(paths, load_parameters(), file, coin="SOL", ingested_at=NOW)
    assert done.added == 1
