"""Same seed, same data: the same tables, model, trades and orders, bit for bit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.program import BOOK_INTERVAL_S, SAMPLE_DAYS, Answer, Done

ROOT = Path(__file__).resolve().parents[2]
# What may differ between two runs says when they ran, or hashes a file that does.
PROBE = ("trade", "--policy", "probe", "--lake-time", "--account", "0x" + "0c" * 20)
TABLES = {
    "features": "*",
    "labels": "*",
    "training_rows": "*",
    "regimes": "*",
    "sentiment_bars": "*",
    "bars_final": "*",
    "predictions": "* exclude (predicted_at)",
    "backtest_runs": "* exclude (created_at, build_id)",
    "backtest_equity": "*",
    "backtest_trades": "*",
    "decisions": "* exclude (build_id)",
    "orders": "*",
    "fills": "*",
    "positions": "*",
    "equity": "*",
}


def digests(data_dir: Path) -> dict[str, str]:
    """Hash every table's rows in a stable order, doubles by their bits."""
    program = """
import duckdb, hashlib, json, sys
found = {}
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for table, columns in json.loads(sys.argv[2]).items():
        rows = connection.execute(f"select {columns} from {table}").fetchall()
        text = "\\n".join(sorted(repr(row) for row in rows))
        found[table] = f"{len(rows)} {hashlib.sha256(text.encode()).hexdigest()}"
print(json.dumps(found))
"""
    current = data_dir / "warehouse" / "current.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", program, str(current), json.dumps(TABLES)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def elsewhere(data_dir: Path, *arguments: str) -> dict[str, Any]:
    """Run the program in another time zone, with one thread, in its own process."""
    environment = os.environ | {
        "TZ": "Asia/Tokyo",
        "POLARS_MAX_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "99",
        "PYTHONPATH": str(ROOT / "py"),
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "solalpha.cli.app",
            *arguments,
            "--data-dir",
            str(data_dir),
            "--json",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=one_core,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def one_core() -> None:
    """Leave this process one core, so that every library sees one thread."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Do everything again under other circumstances."""
    data_dir = tmp_path_factory.mktemp("elsewhere") / "data"
    elsewhere(
        data_dir,
        "sample",
        "--days",
        str(SAMPLE_DAYS),
        "--seed",
        "3",
        "--book-interval",
        str(BOOK_INTERVAL_S),
    )
    facts = elsewhere(data_dir, "run", "--source", "sample")
    traded = elsewhere(data_dir, *PROBE)
    assert traded["orders_placed"] == 2
    return Done(data_dir=data_dir, facts=facts)


@pytest.fixture(scope="module")
def here(
    done: Done, program: Callable[..., Answer], tmp_path_factory: pytest.TempPathFactory
) -> Done:
    """Trade the probe on a copy of the session's run."""
    data_dir = tmp_path_factory.mktemp("here") / "data"
    shutil.copytree(done.data_dir, data_dir, symlinks=True)
    answer = program(*PROBE, "--data-dir", data_dir, "--json")
    assert answer.json["orders_placed"] == 2
    return Done(data_dir=data_dir, facts=done.facts)


def test_tables_are_equal_bit_for_bit(here: Done, other: Done) -> None:
    assert digests(here.data_dir) == digests(other.data_dir)


def test_model_and_backtest_are_the_same(done: Done, other: Done) -> None:
    assert other.facts["model_id"] == done.facts["model_id"]
    assert other.facts["backtest"]["run_id"] == done.facts["backtest"]["run_id"]
    files = [
        (run.data_dir / "models" / run.facts["model_id"] / "model.ubj").read_bytes()
        for run in (done, other)
    ]
    assert files[0] == files[1]
