"""Ctrl-C in the middle ends with one line and 130, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.program import Answer

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_sample_is_completed_by_the_next_call(
    tmp_path: Path, program: Callable[..., Answer], wish: signal.Signals
) -> None:
    data_dir = tmp_path / "data"
    command = ["sample", "--days", "60", "--book-interval", "60", "--data-dir"]
    process = subprocess.Popen(
        [sys.executable, "-m", "solalpha.cli.program", *command, str(data_dir)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A background shell hands its children SIGINT ignored.
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509 - before any thread
            signal.SIGINT, signal.default_int_handler
        ),
    )
    books = data_dir / "raw" / "book_snapshots"
    while process.poll() is None and not any(books.rglob("*.parquet")):
        pass
    process.send_signal(wish)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.startswith("error: interrupted")
    assert err.count("\n") == 1
    whole = tmp_path / "whole"
    again = program(*command, data_dir, "--json")
    clean = program(*command, whole, "--json")
    assert again.code == clean.code == 0, again.err + clean.err
    assert contents(data_dir) == contents(whole)


def contents(data_dir: Path) -> dict[str, bytes]:
    raw = data_dir / "raw"
    return {
        str(path.relative_to(raw)): path.read_bytes()
        for path in sorted(raw.rglob("*"))
        if path.suffix in {".parquet", ".tmp"}
    }
