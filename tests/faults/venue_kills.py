"""Kill the ingest at random moments, run it to its end, compare with a clean run."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from tests.faults.venue_runs import fingerprints
from tests.faults.venue_server import VenueServer
from tests.faults.venue_world import make_world

from solalpha.raw import storage

ROOT = Path(__file__).parents[2]
# Kills in a row before the run is let through and compared.
_MOST_KILLS = 4
_LONGER, _SHORTER = 1.1, 0.8


@dataclass
class KillTally:
    """Count kills in the midst of the work and what they broke.

    A run that had ended before its moment came is ``late`` and no kill.
    """

    kills: int = 0
    late: int = 0
    torn: int = 0
    lost: int = 0
    resumed: int = 0
    equal_after_resume: int = 0


def _start(url: str, folder: Path) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join((str(ROOT / "py"), str(ROOT)))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.venue_killing", url, str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def run_through(url: str, folder: Path) -> float:
    """Let the command end and return the seconds from its beginning."""
    process = _start(url, folder)
    process.stdout.readline()
    begun = time.monotonic()
    process.communicate()
    if process.returncode:
        raise AssertionError(f"ingest ended with {process.returncode}")
    return time.monotonic() - begun


def kill_after(url: str, folder: Path, seconds: float) -> bool:
    """Kill the command ``seconds`` after it begins; say if it was still at work."""
    process = _start(url, folder)
    process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    process.communicate()
    return process.returncode < 0


def torn_files(folder: Path) -> int:
    """Count files that a reader sees and that are not what their name says."""
    broken = 0
    for path in (folder / "raw").rglob("*.parquet"):
        try:
            pq.read_table(path)
        except (OSError, ValueError):
            broken += 1
            continue
        is_part = path.name not in storage.SEALED_NAMES.values()
        broken += is_part and path.stem != f"part-{storage.content_id(path)}"
    for path in (folder / "results").rglob("*.parquet"):
        try:
            pq.read_table(path)
        except (OSError, ValueError):
            broken += 1
    return broken


def ingest_kills(kills: int, seed: int, folder: Path) -> KillTally:
    """Kill `ingest hyperliquid` so many times; every few kills let it end."""
    chance, tally = random.Random(seed), KillTally()  # noqa: S311
    with VenueServer(make_world()) as server:
        length_s = run_through(server.url, folder / "clean")
        clean = fingerprints(folder / "clean")
        number = 0
        while tally.kills < kills:
            place, number = folder / f"killed-{number}", number + 1
            committed: dict[str, str] = {}
            for _ in range(min(chance.randint(1, _MOST_KILLS), kills - tally.kills)):
                is_mid_work = kill_after(server.url, place, chance.uniform(0, length_s))
                # A resumed run is shorter than a first one: aim at its length.
                length_s *= _LONGER if is_mid_work else _SHORTER
                tally.kills += is_mid_work
                tally.late += not is_mid_work
                tally.torn += torn_files(place)
                tally.lost += _lost(committed, now := fingerprints(place))
                committed = _visible(now)
                if not is_mid_work:
                    break
            run_through(server.url, place)
            tally.resumed += 1
            final = fingerprints(place)
            tally.lost += _lost(committed, final)
            tally.torn += torn_files(place)
            tally.equal_after_resume += final == clean
            shutil.rmtree(place)
    return tally


def _visible(files: dict[str, str]) -> dict[str, str]:
    # What a killed writer left unfinished has a name that no reader looks at.
    return {name: digest for name, digest in files.items() if "/." not in name}


def _lost(committed: dict[str, str], now: dict[str, str]) -> int:
    return sum(now.get(name) != digest for name, digest in committed.items())
