"""The command that records, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.record_kills import recorder, serving, wait_for_the_end
from tests.faults.record_venue import Venue, drawn_tape
from tests.faults.recording import plain_rows, rows_of

from solalpha.cli.app import exit_code
from solalpha.config import Paths

ROOT = Path(__file__).parents[3]


def test_an_interrupt_stores_all_and_says_so(tmp_path: Path) -> None:
    tape = drawn_tape(1, 10)
    venue = Venue(tape.frames)
    with serving(venue) as url:
        program = [sys.executable, "-m", "solalpha.cli.app", "record", "--url", url]
        process = subprocess.Popen(
            [*program, "--data-dir", str(tmp_path), "--json"],
            env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for_the_end(Paths(data_dir=tmp_path), process)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    counts = json.loads(output)
    assert counts["tables"]["trades"]["added"] == len(tape.trades)
    assert counts["connections"] == 1
    assert errors.startswith("error: interrupted")
    assert errors.count("\n") == 1
    assert rows_of(Paths(data_dir=tmp_path)).trades == plain_rows(tape).trades


def test_a_duration_ends_the_recording(tmp_path: Path) -> None:
    venue = Venue(drawn_tape(1, 2).frames)
    with serving(venue) as url:
        process = recorder(
            url,
            Paths(data_dir=tmp_path),
            *("--duration", "0.5", "--coin", "SOL"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0
    assert errors.startswith("recording SOL from ws://127.0.0.1")
    assert "lost connections" in output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--url", "https://api.hyperliquid.xyz"],
        ["--duration", "0"],
        ["--duration", "nan"],
        ["--flush", "0"],
        ["--flush", "nan"],
    ],
)
def test_what_cannot_be_is_wrong_usage(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = exit_code(["record", "--data-dir", str(tmp_path), *arguments])
    assert code == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_coin_that_names_no_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = exit_code(["record", "--data-dir", str(tmp_path), "--coin", "../SOL"])
    assert code == 3
    assert "is not a coin's name" in capsys.readouterr().err
