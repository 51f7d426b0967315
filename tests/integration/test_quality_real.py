"""What the data check says of real data: the traps that are known, and no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.integration.program import Answer

from solalpha.config import real_data_dir

Program = Callable[..., Answer]
Found = dict[str, set[str | None]]
pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def real() -> Path:
    found = real_data_dir()
    if found is None:
        pytest.skip("needs SOLALPHA_REAL_DATA, the directory of real market data")
    return found


def ingest(program: Program, data_dir: Path, kind: str, file: Path, coin: str) -> None:
    more = ("--interval", file.stem) if kind == "candles" else ()
    answer = program(
        "ingest", kind, file, "--coin", coin, *more, "--data-dir", data_dir, "--json"
    )
    assert answer.code == 0, answer.err


def check(program: Program, data_dir: Path) -> list[dict[str, Any]]:
    answer = program("check", "--data-dir", data_dir, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["verdict"] == "WARN"
    assert Path(answer.json["page"]).is_file()
    return [row for row in answer.json["findings"] if row["severity"] != "PASS"]


def coins_by_check(findings: list[dict[str, Any]]) -> Found:
    found: Found = {}
    for row in findings:
        found.setdefault(row["check"], set()).add(row["coin"])
    return found


def test_hyperliquid_candles_and_funding_have_the_known_traps_only(
    program: Program, real: Path, tmp_path: Path
) -> None:
    for coin in ("SOL", "BTC"):
        for interval in ("5m", "15m", "1h", "4h", "1d"):
            file = real / f"candles/hyperliquid/{coin}/{interval}.parquet"
            ingest(program, tmp_path, "candles", file, coin)
        ingest(
            program,
            tmp_path,
            "funding",
            real / f"funding/hyperliquid/{coin}.parquet",
            coin,
        )
    findings = check(program, tmp_path)
    assert coins_by_check(findings) == {
        "candles.zero_volume": {"SOL", "BTC"},
        "funding_rates.gaps": {"SOL", "BTC"},
    }
    told = "\n".join(row["evidence"] for row in findings if row["coin"] == "SOL")
    # The stalls of the venue, the candles before the listing, the missing hours.
    assert "17 candles of 5m without volume" in told
    assert "901 candles of 1d without volume" in told
    assert "3 due settlements are missing, the first after 2023-07-02 19:00" in told


def test_binance_candles_and_funding_have_the_crash_and_the_stall_only(
    program: Program, real: Path, tmp_path: Path
) -> None:
    for coin in ("SOL", "BTC"):
        for interval in ("5m", "1h"):
            file = real / f"candles/binance_usdm/{coin}/{interval}.parquet"
            ingest(program, tmp_path, "candles", file, coin)
        file = real / f"funding/binance_usdm/{coin}.parquet"
        ingest(program, tmp_path, "funding", file, coin)
    findings = check(program, tmp_path)
    assert coins_by_check(findings) == {
        "candles.outliers": {"SOL"},
        "candles.zero_volume": {"SOL", "BTC"},
    }
    crash = [row for row in findings if row["check"] == "candles.outliers"]
    assert all("2025-10-10 21:" in row["evidence"] for row in crash)


def test_recordings_have_their_hole_and_their_repeats_only(
    program: Program, real: Path, tmp_path: Path
) -> None:
    folder = real / "books_trades/hyperliquid/20250903"
    coins = {"SOL", "BTC", "ETH"}
    for coin in coins:
        for kind, name in (("books", "orderbooks"), ("trades", "trades")):
            ingest(program, tmp_path, kind, folder / f"{name}_{coin}.csv.gz", coin)
    findings = check(program, tmp_path)
    assert coins_by_check(findings) == {
        "book_snapshots.gaps": coins,
        "trades.gaps": coins,
    }
    assert any("the longest 250 s" in row["evidence"] for row in findings)
    # What the files repeat is stored once, and the log of the ingest counts it.
    log = pl.read_parquet(tmp_path / "results" / "ingests" / "*.parquet")
    repeated = log.group_by("table").agg(pl.col("duplicate").sum())
    counted = dict(repeated.iter_rows())
    assert counted["trades"] > 0
    assert counted["book_snapshots"] > 0


def test_a_run_from_september_2024_is_not_blocked_by_gaps_of_2023(
    program: Program, real: Path, tmp_path: Path
) -> None:
    for coin in ("SOL", "BTC"):
        file = real / f"candles/hyperliquid/{coin}/1h.parquet"
        ingest(program, tmp_path, "candles", file, coin)
        file = real / f"funding/hyperliquid/{coin}.parquet"
        ingest(program, tmp_path, "funding", file, coin)
    answer = program("build", "--data-dir", tmp_path, "--json")
    assert answer.code == 0, answer.err
    answer = program(
        "query",
        "select coin, count(*) filter (where verdict = 'FAIL') as failed, "
        "count(*) as bars from quality_bars group by coin order by coin",
        "--data-dir",
        tmp_path,
        "--json",
    )
    assert answer.code == 0, answer.err
    rows = answer.json["rows"]
    assert [row["failed"] for row in rows] == [0, 0]
    assert all(row["bars"] > 7_700 for row in rows)
