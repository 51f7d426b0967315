"""Bad input gets one line, the documented exit code, and nothing stored is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.integration.program import Answer

Program = Callable[..., Answer]
HEADER = "open_time,open,high,low,close,volume\n"
ROWS = """2025-06-01T00:00:00Z,100,101,99,100.5,10
2025-06-01T01:00:00Z,100.5,102,100,101,5
"""


def refused(answer: Answer, code: int, *words: str) -> None:
    assert answer.code == code, (answer.out, answer.err)
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    for word in words:
        assert word in answer.err


def stored(data_dir: Path) -> dict[str, bytes]:
    raw = data_dir / "raw"
    return {
        str(path.relative_to(raw)): path.read_bytes()
        for path in sorted(raw.rglob("*.parquet"))
    }


@pytest.fixture
def filled(tmp_path: Path, program: Program) -> Path:
    """Return a data directory that already holds two good candles."""
    file = tmp_path / "good.csv"
    file.write_text(HEADER + ROWS)
    data_dir = tmp_path / "data"
    answer = program("ingest", "candles", file, "--data-dir", data_dir, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["added"] == 2
    return data_dir


BAD_CANDLES = {
    "missing column": (
        "open_time,open,high,low,volume\n2025-06-01,1,2,0.5,9\n",
        "close",
    ),
    "text in a number": (HEADER + "2025-06-02T00:00:00Z,100,abc,99,100,1\n", "abc"),
    "wrong unit": (HEADER + "1748736000,100,101,99,100,1\n", "ms"),
    "high below low": (HEADER + "2025-06-02T00:00:00Z,100,98,99,100,1\n", "high"),
    "conflicting duplicates": (
        HEADER + "2025-06-02T00:00:00Z,1,2,1,2,1\n2025-06-02T00:00:00Z,1,3,1,2,1\n",
        "2025-06-02",
    ),
    "empty file": ("", "0 bytes"),
}


@pytest.mark.parametrize("case", BAD_CANDLES)
def test_bad_candles_are_refused_whole(
    tmp_path: Path, program: Program, filled: Path, case: str
) -> None:
    text, word = BAD_CANDLES[case]
    file = tmp_path / "bad.csv"
    file.write_text(text)
    before = stored(filled)
    answer = program("ingest", "candles", file, "--data-dir", filled)
    refused(answer, 3, word, "bad.csv")
    assert stored(filled) == before


def test_unsorted_and_repeated_rows_are_stored_once(
    tmp_path: Path, program: Program, filled: Path
) -> None:
    first, second, _ = ROWS.split("\n")
    file = tmp_path / "shuffled.csv"
    file.write_text(HEADER + "\n".join([second, first, second, ""]))
    before = stored(filled)
    answer = program("ingest", "candles", file, "--data-dir", filled, "--json")
    assert answer.code == 0, answer.err
    assert (answer.json["added"], answer.json["duplicate"]) == (0, 3)
    assert stored(filled) == before


def test_torn_parquet_is_refused(
    tmp_path: Path, program: Program, filled: Path
) -> None:
    whole = tmp_path / "whole.parquet"
    pl.read_csv((HEADER + ROWS).encode()).write_parquet(whole)
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(whole.read_bytes()[:-40])
    answer = program("ingest", "candles", torn, "--data-dir", filled)
    refused(answer, 3, "torn.parquet")


def test_torn_file_in_the_lake_fails_the_check(program: Program, filled: Path) -> None:
    [part] = (filled / "raw" / "candles").rglob("*.parquet")
    part.write_bytes(part.read_bytes()[:-40])
    refused(program("check", "--data-dir", filled), 3, part.name)


def test_empty_lake_is_refused(tmp_path: Path, program: Program) -> None:
    answer = program("run", "--source", "lake", "--data-dir", tmp_path / "nothing")
    refused(answer, 3, "empty")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["run", "--sauce", "lake"], "--sauce"),
        (["run", "--source", "moon"], "moon"),
        (["ingest", "candles"], "file"),
        (["no-such-command"], "no-such-command"),
        (["sample", "--edge", "2"], "edge"),
        (["sample", "--days", "0"], "days"),
        (["build", "--set", "rsi_bars=x"], "rsi_bars"),
        (["build", "--set", "nothing=1"], "nothing"),
        (["audit", "serving", "--experiment", "moon"], "moon"),
        (["ingest", "candles", "no-such-file.csv"], "no-such-file.csv"),
    ],
)
def test_wrong_usage_is_one_line_and_code_two(
    tmp_path: Path,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    word: str,
) -> None:
    monkeypatch.setenv("SOLALPHA_DATA_DIR", str(tmp_path / "data"))
    refused(program(*arguments), 2, word)


def test_sample_refuses_a_lake_of_real_rows(program: Program, filled: Path) -> None:
    before = stored(filled)
    answer = program("sample", "--days", "2", "--data-dir", filled)
    refused(answer, 3, "real")
    assert stored(filled) == before


def test_ingest_refuses_a_lake_of_sample_rows(
    tmp_path: Path, program: Program, sample_dir: Path
) -> None:
    file = tmp_path / "good.csv"
    file.write_text(HEADER + ROWS)
    answer = program("ingest", "candles", file, "--data-dir", sample_dir)
    refused(answer, 3, "sample")


def test_locked_warehouse_names_its_holder_and_keeps_what_is_published(
    tmp_path: Path, program: Program, sample_dir: Path
) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(sample_dir / "raw", data_dir / "raw")
    warehouse = data_dir / "warehouse" / "solalpha.duckdb"
    warehouse.parent.mkdir(parents=True)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
            "print('held', flush=True); sys.stdin.read()",
            str(warehouse),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        answer = program("build", "--data-dir", data_dir)
        refused(answer, 3, "held by", str(holder.pid))
    finally:
        holder.communicate("")
