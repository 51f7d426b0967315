"""The commands that read recordings and archives, as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import lz4.frame
import pytest
from tests.unit.raw.archive_lines import AT, book

from solalpha.cli.app import exit_code
from solalpha.config import Paths
from solalpha.raw import lake

KLINE = "1704067200000,1,2,1,2,3,1704070799999,4,5,6,7,0"
Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, Any, str]:
        words = [*map(str, arguments), "--data-dir", str(tmp_path / "data")]
        code = exit_code(["ingest", *words, "--json"])
        shown = capsys.readouterr()
        return code, json.loads(shown.out) if code == 0 else None, shown.err

    return call


def archive(folder: Path, *coins: str) -> Path:
    lines = [book(AT + timedelta(seconds=n), coin=coin) for n, coin in enumerate(coins)]
    (folder / "in").mkdir()
    data = lz4.frame.compress("\n".join(lines).encode())
    (folder / "in" / "books.lz4").write_bytes(data)
    return folder / "in"


def test_archive_keeps_the_traded_and_the_benchmark_coin(
    tmp_path: Path, run: Run
) -> None:
    code, found, _ = run("archive", archive(tmp_path, "SOL", "BTC", "ETH"))
    assert (code, found["files"]) == (0, 1)
    assert {part["coin"]: part["added"] for part in found["tables"]} == {
        "SOL": 1,
        "BTC": 1,
    }


@pytest.mark.parametrize(
    ("named", "coins"), [("ETH", {"ETH"}), ("ALL", {"ETH", "SOL"})]
)
def test_archive_keeps_the_named_coins(
    tmp_path: Path, run: Run, named: str, coins: set[str]
) -> None:
    run("archive", archive(tmp_path, "SOL", "ETH"), "--coin", named)
    stored = lake.read(Paths(data_dir=tmp_path / "data"), "book_snapshots")
    assert set(stored["coin"]) == coins


def test_archive_of_other_coins_only_is_refused_in_one_line(
    tmp_path: Path, run: Run
) -> None:
    code, _, told = run("archive", archive(tmp_path, "ETH"))
    assert code == 3
    assert told.count("\n") == 1
    assert "another coin" in told


def test_missing_path_is_wrong_usage(tmp_path: Path, run: Run) -> None:
    for command in ("archive", "binance", "books", "trades"):
        code, _, told = run(command, tmp_path / "nowhere.csv")
        assert (code, told.count("\n")) == (2, 1)


def test_binance_file_and_its_broken_checksum(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "SOLUSDT-1h-2024-01.csv"
    file.write_text(KLINE + "\n")
    assert run("binance", file)[1]["tables"][0]["added"] == 1
    (tmp_path / f"{file.name}.CHECKSUM").write_text(f"{'0' * 64}  {file.name}\n")
    code, _, told = run("binance", file)
    assert (code, told.count("\n")) == (3, 1)
    assert "SHA-256" in told


def test_unit_and_mapping_are_checked(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "t.csv"
    file.write_text("at,price,size,side,trade_id\n1756904088,1,2,buy,3\n")
    assert run("trades", file, "--map", "time=at", "--unit", "s")[1]["added"] == 1
    assert run("trades", file, "--map", "time=at", "--unit", "ms")[0] == 3
    assert run("trades", file, "--map", "time")[0] == 2
    assert run("trades", file, "--map", "time=at", "--unit", "h")[0] == 2
