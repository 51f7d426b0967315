"""Work in several processes: answers by number, and an end that leaves nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from solalpha.audit import pool
from solalpha.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
# Two processes at a time, each with a semaphore of its own; told to end in between.
PROGRAM = """
import multiprocessing, pathlib, sys, time
from solalpha.audit import pool

def work(path):
    held = multiprocessing.get_context("spawn").Lock()
    path.touch()
    with held:
        time.sleep(60)

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    try:
        list(pool.each(work, [folder / str(n) for n in range(6)], jobs=2))
    except KeyboardInterrupt:
        sys.exit(130)
"""
# A worker whose library prints, and a parent that answers with one number.
PRINTING = """
import os
from solalpha.audit import pool

def work(number):
    print("a library prints")
    os.system("echo and so does its child")
    return number

if __name__ == "__main__":
    print(sum(answer for _, answer in pool.each(work, [3, 4, 5], jobs=2)))
"""


def double(number: int) -> int:
    """Return twice the number."""
    return 2 * number


def test_answers_carry_the_number_of_their_task() -> None:
    assert dict(pool.each(double, [3, 4, 5], jobs=2)) == {0: 6, 1: 8, 2: 10}
    assert dict(pool.each(double, [3, 4], jobs=1)) == {0: 6, 1: 8}
    assert not multiprocessing.active_children()


def test_only_the_one_that_waits_writes_to_the_standard_output(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PRINTING, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "12\n"
    assert done.stderr.count("a library prints") == 3
    assert done.stderr.count("and so does its child") == 3


def test_no_process_at_all_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected 1 or more"):
        list(pool.each(double, [1], jobs=0))


def test_ctrl_c_ends_every_process_and_leaves_no_semaphore(tmp_path: Path) -> None:
    program, folder = tmp_path / "program.py", tmp_path / "begun"
    program.write_text(PROGRAM, encoding="utf-8")
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(program), str(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A background shell hands its children SIGINT ignored.
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509 - before any thread
            signal.SIGINT, signal.default_int_handler
        ),
    )
    while process.poll() is None and len(list(folder.iterdir())) < 2:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert len(list(folder.iterdir())) == 2
