"""Kill `solalpha build` with SIGKILL at random moments; what is served stays whole.

Each kill meets the same world: a version of the days before is published, one more day
of raw data has come, and the build of both is killed. The version that is served
afterwards must be one of the two, cell for cell; the next build must end with the
tables, the id and the files of a build from nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults import warehouse_files
from tests.integration.program import call

from solalpha.config import Paths
from solalpha.warehouse import versions
from solalpha.warehouse.build import PROD, database

ROOT = Path(__file__).parents[2]
DAYS = 3
BOOK_INTERVAL_S = 900
# Every so many kills one falls upon the publishing, which takes a twentieth of a build.
_PUBLISH_EVERY = 3
_PUBLISH_WINDOW_S = 0.6
_POLL_S = 0.002
_LIMIT_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Kill:
    """What one kill left and what the next build made of it."""

    number: int
    seed: int
    phase: str
    after_s: float
    was_running: bool
    served: str
    is_served_intact: bool
    next_code: int
    is_id_equal: bool
    tables_unlike: dict[str, int]
    leftovers: list[str]

    @property
    def is_sound(self) -> bool:
        """Return whether nothing was lost, mixed or left behind."""
        return (
            self.is_served_intact
            and self.next_code == 0
            and self.is_id_equal
            and not self.tables_unlike
            and not self.leftovers
        )


@dataclass(frozen=True, kw_only=True)
class World:
    """The state before each kill, and what the build of it must end with."""

    before: Path
    clean: Path
    build_s: float


def make_world(folder: Path) -> World:
    """Build the days before, and all days from nothing, once.

    The dbt project is the program's own, or that which the environment names.
    """
    before, clean = folder / "before", folder / "clean"
    told = folder / "build_s.json"
    if not told.exists():
        shutil.rmtree(folder, ignore_errors=True)
        sample = ("--days", str(DAYS), "--book-interval", str(BOOK_INTERVAL_S))
        _done("sample", *sample, "--seed", "5", "--data-dir", clean)
        shutil.copytree(clean, before)
        last = max(path.name for path in (before / "raw").rglob("date=*"))
        for day in (before / "raw").rglob(last):
            shutil.rmtree(day)
        _done("build", "--data-dir", before)
        begun = time.monotonic()
        with _started(clean) as process:
            code = process.wait(_LIMIT_S)
        if code:
            raise AssertionError(f"the clean build failed with exit code {code}")
        told.write_text(json.dumps(time.monotonic() - begun))
        # The last day arrives.
        shutil.rmtree(before / "raw")
        shutil.copytree(clean / "raw", before / "raw")
    return World(before=before, clean=clean, build_s=json.loads(told.read_text()))


def kill_once(world: World, number: int, seed: int, folder: Path) -> Kill:
    """Kill one build at a moment drawn from seed and number, then build again."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 - moments to kill at, no secret
    data_dir = folder / f"kill-{seed}-{number}"
    shutil.rmtree(data_dir, ignore_errors=True)
    shutil.copytree(world.before, data_dir, symlinks=True)
    is_publish = number % _PUBLISH_EVERY == _PUBLISH_EVERY - 1
    with _started(data_dir) as process:
        begun = time.monotonic()
        if is_publish:
            _await_publishing(process, data_dir)
            time.sleep(rng.uniform(0.0, _PUBLISH_WINDOW_S))
        else:
            time.sleep(rng.uniform(0.0, world.build_s))
        was_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        after_s = time.monotonic() - begun
    served, is_intact = _served(world, data_dir)
    answer = call("build", "--data-dir", data_dir, "--json")
    found = _after(world, data_dir)
    kill = Kill(
        number=number,
        seed=seed,
        phase="publish" if is_publish else "any",
        after_s=round(after_s, 3),
        was_running=was_running,
        served=served,
        is_served_intact=is_intact,
        next_code=answer.code,
        **found,
    )
    shutil.rmtree(data_dir)
    return kill


def as_facts(kill: Kill) -> dict[str, Any]:
    """Return a kill as one line of the record."""
    return asdict(kill) | {"is_sound": kill.is_sound}


def _current(data_dir: Path) -> Path:
    return versions.current(Paths(data_dir=data_dir))


def _served(world: World, data_dir: Path) -> tuple[str, bool]:
    # The version that readers get now: which one, and whether it is that one whole.
    found = warehouse_files.build_id(_current(data_dir))
    for name, original in (("before", world.before), ("after", world.clean)):
        file = _current(original)
        if found == warehouse_files.build_id(file):
            return name, not warehouse_files.unlike(_current(data_dir), file)
    return f"unknown: {found}", False


def _after(world: World, data_dir: Path) -> dict[str, Any]:
    mine, clean = _current(data_dir), _current(world.clean)
    working = [
        database(Paths(data_dir=place), PROD) for place in (data_dir, world.clean)
    ]
    expected = _files(world.clean) | {
        f"versions/{_current(world.before).name}",
    }
    is_id_equal = warehouse_files.build_id(mine) == warehouse_files.build_id(clean)
    return {
        "is_id_equal": is_id_equal,
        "tables_unlike": warehouse_files.unlike(working[0], working[1])
        | warehouse_files.unlike(mine, clean),
        "leftovers": sorted(_files(data_dir) - expected),
    }


def _files(data_dir: Path) -> set[str]:
    # dbt's artefacts are rewritten by each call and hold no more than one.
    root = Paths(data_dir=data_dir).warehouse
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).parts[0] != "target"
    }


def _done(*arguments: str | Path) -> None:
    answer = call(*arguments, "--json")
    if answer.code:
        raise AssertionError(answer.err)


@contextlib.contextmanager
def _started(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "solalpha.cli.program", "build", "--json"]
    process = subprocess.Popen(
        [*command, "--data-dir", str(data_dir)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _await_publishing(process: subprocess.Popen[bytes], data_dir: Path) -> None:
    # The unfinished version appears when its tables begin to be copied.
    folder = versions.folder_of(Paths(data_dir=data_dir))
    deadline = time.monotonic() + _LIMIT_S
    while process.poll() is None and not list(folder.glob("*.tmp*")):
        if time.monotonic() > deadline:
            raise AssertionError("the build never came to publish")
        time.sleep(_POLL_S)
