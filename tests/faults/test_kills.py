"""A kill at any step: the next run loses nothing, doubles nothing, holds the target."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults.killing import Countdown, run_cycle
from tests.unit.execution.desk import disagreements

from solalpha.config import load_paths

ROOT = Path(__file__).parents[2]
KILLS = 20
SEED = 7


class KilledError(BaseException):
    """Stand for the process's death: no handler of ours may catch it."""


def die(name):
    raise KilledError(name)


def live(name):
    raise AssertionError(name)


def settled(directory, target, day):
    for _ in range(3):
        result = run_cycle(directory, target, day, Countdown(-1, live))
        if result.state != "unresolved":
            return result
    raise AssertionError("still unresolved")


def steps_of(directory, targets):
    """Return how many steps the last of ``targets`` passes when nothing kills it."""
    countdown = Countdown(-1, live)
    for day, target in enumerate(targets):
        countdown = Countdown(-1, live)
        run_cycle(directory, target, day, countdown)
    return countdown.passed


@pytest.mark.parametrize(
    "targets", [(5.0,), (5.0, -3.0), (5.0, 2.0), (5.0, 0.0), (2.0, 5.0)]
)
def test_kill_at_every_step_is_recovered(fast_dir, targets):
    count = steps_of(fast_dir / "clean", targets)
    assert count > 5
    *before, target = targets
    for step in range(count):
        directory = fast_dir / str(step)
        for day, earlier in enumerate(before):
            run_cycle(directory, earlier, day, Countdown(-1, live))
        with pytest.raises(KilledError):
            run_cycle(directory, target, len(before), Countdown(step, die))
        result = settled(directory, target, len(before))
        assert disagreements(load_paths(directory)) == [], step
        assert float(result.position) == target, step


def test_real_kills_are_recovered(fast_dir):
    draw = random.Random(SEED)  # noqa: S311 - a seeded campaign, no secret
    count = steps_of(fast_dir / "clean", (5.0, -3.0))
    run_cycle(fast_dir / "base", 5.0, 0, Countdown(-1, live))
    steps = [draw.randrange(count) for _ in range(KILLS)]
    killed = 0
    for number in range(0, KILLS, 2):
        directories = [fast_dir / f"kill{number + i}" for i in range(2)]
        running = [
            _started(fast_dir / "base", directory, steps[number + i])
            for i, directory in enumerate(directories)
        ]
        for process, directory in zip(running, directories, strict=True):
            _, errors = process.communicate(timeout=60)
            killed += process.returncode == -9
            assert process.returncode == -9, errors.decode()
            result = settled(directory, -3.0, 1)
            assert disagreements(load_paths(directory)) == []
            assert float(result.position) == -3.0
    assert killed == KILLS


def _started(base, directory, step):
    subprocess.run(["cp", "-r", str(base), str(directory)], check=True)
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.faults.killing",
            str(directory),
            "-3",
            "1",
            str(step),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'py'}{os.pathsep}{ROOT}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
