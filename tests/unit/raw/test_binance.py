from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import ingest_log, lake
from solalpha.raw.binance.ingest import ingest_binance
from solalpha.raw.binance.packages import package
from solalpha.raw.summary import FilesSummary, IngestSummary

NOW = datetime(2025, 9, 1, tzinfo=UTC)
HOUR_MS = 3_600_000
START = 1_704_067_200_000  # 2024-01-01 00:00 UTC
KLINE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)
METRICS_HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,"
    "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
    "count_long_short_ratio,sum_taker_long_short_vol_ratio"
)
Ingest = Callable[[Path], FilesSummary]


def kline(hour: int, *, volume: str = "1000.5", scale: int = 1) -> str:
    opened = START + hour * HOUR_MS
    return (
        f"{opened * scale},101.10,102,100.5,101.25,{volume},"
        f"{(opened + HOUR_MS) * scale - 1},101000,77,500,50500,0"
    )


def pack(path: Path, lines: list[str], *, checksum: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(path.with_suffix(".csv").name, "\n".join(lines) + "\n")
    path.write_bytes(buffer.getvalue())
    if checksum is not None:
        stated = checksum or hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_name(f"{path.name}.CHECKSUM").write_text(f"{stated}  {path.name}\n")
    return path


@pytest.fixture
def ingest(paths: Paths, parameters: Parameters) -> Ingest:
    return lambda path: ingest_binance(paths, parameters, path, ingested_at=NOW)


def only(summary: FilesSummary) -> IngestSummary:
    assert len(summary.tables) == 1
    return summary.tables[0]


@pytest.mark.parametrize("head", [[], [KLINE_HEADER]])
def test_klines_with_and_without_header_are_candles(
    tmp_path: Path, paths: Paths, ingest: Ingest, head: list[str]
) -> None:
    file = tmp_path / "SOLUSDT-1h-2024-01.zip"
    summary = ingest(pack(file, [*head, kline(0), kline(1)], checksum=""))
    assert (only(summary).rows_read, only(summary).added) == (2, 2)
    assert (summary.refused, summary.problems) == ({}, {})
    row = lake.read(paths, "candles", "SOL").row(1, named=True)
    assert row["open_at"] == datetime(2024, 1, 1, 1, tzinfo=UTC)
    assert row["event_at"] == datetime(2024, 1, 1, 2, tzinfo=UTC)
    assert row["available_at"] == row["event_at"] + timedelta(seconds=5)
    assert (row["open"], row["close"]) == (Decimal("101.1"), Decimal("101.25"))
    assert (row["volume"], row["trade_count"]) == (Decimal("1000.5"), 77)
    assert (row["interval"], row["interval_s"]) == ("1h", 3600)
    assert (row["source"], row["origin"]) == ("binance_usdm", "real")


def test_klines_again_add_nothing(tmp_path: Path, ingest: Ingest) -> None:
    file = pack(tmp_path / "SOLUSDT-1h-2024-01.zip", [kline(0)])
    ingest(file)
    assert (only(ingest(file)).added, only(ingest(file)).duplicate) == (0, 1)


def test_differing_checksum_stores_nothing(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    pack(tmp_path / "a" / "SOLUSDT-1h-2024-01.zip", [kline(0)])
    pack(tmp_path / "b" / "SOLUSDT-1h-2024-02.zip", [kline(9)], checksum="0" * 64)
    with pytest.raises(DataError, match=r"SHA-256 is .* expected 0000"):
        ingest(tmp_path)
    assert lake.tables(paths) == []


def test_files_without_checksum_are_told(tmp_path: Path, ingest: Ingest) -> None:
    summary = ingest(pack(tmp_path / "SOLUSDT-1h-2024-01.zip", [kline(0)]))
    assert summary.problems == {"1 files": "no .CHECKSUM beside them: not verified"}


def test_microseconds_are_read_and_told(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    file = pack(tmp_path / "SOLUSDT-1h-2025-01.zip", [kline(3, scale=1000)])
    assert only(ingest(file)).notes == ("1 times in microseconds, cut to milliseconds",)
    found = lake.read(paths, "candles")["open_at"].to_list()
    assert found == [datetime(2024, 1, 1, 3, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (kline(1).replace("102", "99"), "high or low is not the candle's extreme"),
        (kline(1).replace("100.5", "-1"), "a price or size is not above zero"),
        (kline(1).replace("101.25", "NaN"), "a cell is no number"),
        (kline(1).replace("1000.5", "-3"), "negative volume"),
        (kline(1) + ",1", "fields are not as many as columns"),
        (
            kline(1).replace("17040", "170", 1),
            "time is not 13 digits of ms or 16 of us",
        ),
        (kline(1).replace("999,", "998,"), "close_time is not 1h after open_time"),
        (kline(1).replace("170", "999", 1), "time out of range"),
    ],
)
def test_bad_lines_are_refused_with_a_reason(
    tmp_path: Path, paths: Paths, ingest: Ingest, line: str, reason: str
) -> None:
    summary = ingest(pack(tmp_path / "SOLUSDT-1h-2024-01.zip", [kline(0), line]))
    assert summary.refused == {reason: 1}
    assert only(summary).added == 1
    entry = ingest_log.read(paths).filter(ingest_log.read(paths)["refused"] > 0)
    assert entry["note"].to_list() == [f"SOLUSDT-1h-2024-01.zip; 1 refused: {reason}"]


def test_aggregate_trades_give_the_side_that_crossed(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    lines = [f"7,101.5,2.5,1,3,{START},true", f"8,101.6,1,4,4,{START + 1},false"]
    summary = ingest(pack(tmp_path / "SOLUSDT-aggTrades-2024-01-01.zip", lines))
    assert only(summary).added == 2
    rows = lake.read(paths, "trades")
    assert rows["aggressor_side"].to_list() == ["sell", "buy"]
    assert rows["trade_id"].to_list() == [7, 8]
    assert rows["price"].to_list() == [Decimal("101.5"), Decimal("101.6")]
    assert set(rows["source"]) == {"binance_usdm"}


def test_single_trades_have_a_source_of_their_own(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    lines = ["id,price,qty,quote_qty,time,is_buyer_maker", f"5,9,2,18,{START},True"]
    ingest(pack(tmp_path / "SOLUSDT-trades-2024-01-01.zip", lines))
    row = lake.read(paths, "trades").row(0, named=True)
    assert (row["source"], row["aggressor_side"]) == ("binance_usdm_trades", "sell")


def test_funding_keeps_jitter_and_interval(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    lines = [
        "calc_time,funding_interval_hours,last_funding_rate",
        f"{START + 3},8,0.00010000",
        f"{START + 8 * HOUR_MS},8,-0.00042",
        f"{START + 16 * HOUR_MS},8,3.5",
    ]
    summary = ingest(pack(tmp_path / "BTCUSDT-fundingRate-2024-01.zip", lines))
    assert summary.refused == {"rate beyond any settlement": 1}
    rows = lake.read(paths, "funding_rates", "BTC")
    assert rows["event_at"][0] == datetime(2024, 1, 1, 0, 0, 0, 3000, tzinfo=UTC)
    assert rows["funding_rate"].to_list() == [Decimal("0.0001"), Decimal("-0.00042")]
    assert rows["interval_hours"].to_list() == [8, 8]


def test_metrics_count_from_the_end_of_their_five_minutes(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    tail = "5000.5,600000.25,1.5,1.25,0.9,"
    lines = [
        METRICS_HEADER,
        f"2024-01-01 00:05:00,SOLUSDT,{tail}1.1",
        f"2024-01-01 00:00:00,SOLUSDT,{tail}",
        f"2024-01-01 00:10:00,BTCUSDT,{tail}1",
    ]
    summary = ingest(pack(tmp_path / "SOLUSDT-metrics-2024-01-01.zip", lines))
    assert summary.refused == {"symbol is not the file's": 1}
    rows = lake.read(paths, "market_metrics", "SOL")
    first = rows.row(0, named=True)
    assert first["event_at"] == datetime(2024, 1, 1, 0, 5, tzinfo=UTC)
    assert first["open_interest"] == Decimal("5000.5")
    assert first["open_interest_usd"] == Decimal("600000.25")
    assert first["top_account_ratio"] == Decimal("1.5")
    assert first["taker_volume_ratio"] is None
    assert rows["taker_volume_ratio"].to_list()[1] == Decimal("1.1")


def test_depth_bands_of_both_spellings_are_one_band(
    tmp_path: Path, paths: Paths, ingest: Ingest
) -> None:
    lines = [
        "timestamp,percentage,depth,notional",
        "2024-01-01 00:00:07,-5,100.5,10000.25",
        "2024-01-01 00:00:07,-5.00,100.5,10000.25",
        "2024-01-01 00:00:07,0.2,3,300",
        "2024-01-01 00:00:07,0,3,300",
    ]
    summary = ingest(pack(tmp_path / "SOLUSDT-bookDepth-2024-01-01.zip", lines))
    assert summary.refused == {"band is 0 or above 20 %": 1}
    assert (only(summary).added, only(summary).duplicate) == (2, 1)
    rows = lake.read(paths, "depth_bands")
    assert rows["band_pct"].to_list() == [Decimal(-5), Decimal("0.2")]
    assert rows["notional_usd"].to_list() == [Decimal("10000.25"), Decimal(300)]


@pytest.mark.parametrize(
    ("name", "lines", "told"),
    [
        ("SOLUSDT-1mo-2024-01.zip", [kline(0)], "candles of a month"),
        ("SOLUSDT_240329-1h-2024-01.zip", [kline(0)], "dated future"),
        ("readme.zip", ["x"], "not a file name of the archive"),
        ("markPriceKlines/SOLUSDT-1h-2024-01.zip", [kline(0)], "markPriceKlines"),
        ("SOLUSDT-1h-2024-01.zip", [kline(0, volume="0")], "no volume in any candle"),
        ("SOLUSDT-1h-2024-01.zip", ["a,b,c"], "of no kind that is stored"),
        (
            "SOLUSDT-bookTicker-2024-01-01.zip",
            [f"1,100,1,101,1,{START},{START}"],
            "of no kind that is stored",
        ),
    ],
)
def test_what_is_not_stored_is_refused_in_one_line(
    tmp_path: Path, ingest: Ingest, name: str, lines: list[str], told: str
) -> None:
    with pytest.raises(DataError, match=told) as caught:
        ingest(pack(tmp_path / name, lines))
    assert "\n" not in str(caught.value)


def test_one_damaged_file_of_a_folder_is_told_and_others_are_kept(
    tmp_path: Path, ingest: Ingest
) -> None:
    good = pack(tmp_path / "SOLUSDT-1h-2024-01.zip", [kline(0)])
    bad = tmp_path / "SOLUSDT-1h-2024-02.zip"
    bad.write_bytes(good.read_bytes()[:60])
    summary = ingest(tmp_path)
    assert only(summary).added == 1
    assert "cannot be read" in summary.problems[str(bad)]


def test_zip_with_two_files_is_refused(tmp_path: Path, ingest: Ingest) -> None:
    file = pack(tmp_path / "SOLUSDT-1h-2024-01.zip", [kline(0)])
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("other.csv", kline(1))
    with pytest.raises(DataError, match="2 CSV files; expected one"):
        ingest(file)


def test_no_file_is_a_mistake_of_the_call(tmp_path: Path, ingest: Ingest) -> None:
    with pytest.raises(ConfigError, match="no such file or folder"):
        ingest(tmp_path / "nowhere")


def test_thousands_of_a_coin_are_named_as_at_the_venue(tmp_path: Path) -> None:
    assert package(tmp_path / "1000PEPEUSDT-1h-2024-01.zip").coin == "kPEPE"
    assert package(tmp_path / "SOLUSDC-1h-2024-01.csv").coin == "SOL"
