"""A signal while the libraries load ends in one line, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from solalpha.cli import app, program

ROOT = Path(__file__).resolve().parents[3]
LOADING = """
import os, signal, sys

class Signalling:
    def find_spec(self, name, path=None, target=None):
        if name == "polars":
            os.kill(os.getpid(), int(sys.argv.pop()))

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Signalling())
from solalpha.cli import program
program.main()
"""


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_libraries_load_ends_in_one_line(wish: signal.Signals) -> None:
    found = subprocess.run(
        [sys.executable, "-c", LOADING, "--version", str(int(wish))],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (130, "")
    assert found.stderr == f"{program.INTERRUPTED}\n"


def test_both_say_the_same() -> None:
    assert f"error: {app.INTERRUPTED}" == program.INTERRUPTED
