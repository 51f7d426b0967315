"""Campaigns against the raw layer, to build/raw_faults.json.

The venue misbehaves by seed and the ingest must end with the clean run's files,
byte for byte; then real processes of the ingest and of the recorder are killed at
random moments. Run as ``make raw-faults RUNS=1000 KILLS=200 SEED=1``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "py")]

from tests.faults.record_kills import record_kills  # noqa: E402
from tests.faults.venue_kills import ingest_kills  # noqa: E402
from tests.faults.venue_runs import (  # noqa: E402
    fingerprints,
    ingest_once,
    ingest_until_done,
    weights_spent,
)
from tests.faults.venue_server import VenueServer  # noqa: E402
from tests.faults.venue_world import CANDLE_LIMIT, make_world  # noqa: E402

from solalpha.config import real_data_dir  # noqa: E402

FAULT_SHARE = 0.35
# Seeds that one process takes at a time.
SHARE = 25
# Settlements of SOL from the beginning to the middle of 2025.
FUNDING_HOURS = 19_000


def misbehaviour(runs: int, seed: int, jobs: int) -> dict[str, Any]:
    """Ingest from a venue that misbehaves, so many seeds; compare with clean."""
    seeds = range(seed, seed + runs)
    shares = [seeds[start : start + SHARE] for start in range(0, runs, SHARE)]
    seen: Counter[str] = Counter()
    unlike: list[int] = []
    told = client_runs = failed = files = 0
    # Most of a run is waiting for a slow venue, so that several share a core.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for share, part in zip(shares, pool.map(misbehaving, shares), strict=True):
            told += len(share)
            unlike += part["unlike"]
            client_runs, failed = (
                client_runs + part["client_runs"],
                failed + part["failed"],
            )
            files = part["files"]
            seen.update(part["seen"])
            sys.stderr.write(f"{told} of {runs} runs, {len(unlike)} unlike\n")
    return {
        "runs": runs,
        "identical": runs - len(unlike),
        "unlike_seeds": unlike[:20],
        "client_runs": client_runs,
        "failed_client_runs": failed,
        "faults": sum(seen.values()),
        "fault_kinds": dict(sorted(seen.items())),
        "files": files,
    }


def misbehaving(seeds: Sequence[int]) -> dict[str, Any]:
    """Run some seeds in a process and a venue of their own."""
    client_runs = failed = 0
    unlike: list[int] = []
    with (
        tempfile.TemporaryDirectory(prefix="raw-faults-") as root,
        VenueServer(make_world()) as server,
    ):
        ingest_once(server.url, Path(root) / "clean")
        clean = fingerprints(Path(root) / "clean")
        for number in seeds:
            with tempfile.TemporaryDirectory(dir=root) as place:
                server.misbehave(number, FAULT_SHARE)
                done = ingest_until_done(server.url, Path(place))
                client_runs, failed = client_runs + done.runs, failed + done.failed
                if fingerprints(Path(place)) != clean:
                    unlike.append(number)
        seen = dict(server.seen)
    return {
        "unlike": unlike,
        "client_runs": client_runs,
        "failed": failed,
        "seen": seen,
        "files": len(clean),
    }


def thrift(folder: Path) -> dict[str, Any]:
    """Weigh an ingest of all there is, and repeated ones, against 1200 a minute."""
    world = make_world(candles=CANDLE_LIMIT + 12, funding_hours=FUNDING_HOURS)
    with VenueServer(world) as server:
        spent = weights_spent(server, folder / "thrift")
    shares = {
        f"share_{name}": round(spent[f"weight_{name}"] / spent["weight_first"], 4)
        for name in ("at_once", "hour_later")
    }
    return spent | shares


def killed(kills: int, seed: int, folder: Path) -> dict[str, Any]:
    """Kill ingest and recorder, half the times each; sum what was broken."""
    ingest = asdict(ingest_kills(kills - kills // 2, seed, folder / "ingest"))
    record = record_kills(kills // 2, seed, folder / "record")
    # The recorder's kills fall upon one lake that is resumed once, at the end.
    record["resumed"] = 1
    names = ("kills", "torn", "lost", "resumed", "equal_after_resume")
    totals = {name: int(ingest[name]) + int(record[name]) for name in names}
    return totals | {"ingest_kills": ingest, "record_kills": record}


def main() -> None:
    """Run the campaigns and write their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4, help="runs at a time")
    options = parser.parse_args()
    begun, commit = time.monotonic(), _commit()
    with tempfile.TemporaryDirectory(prefix="raw-faults-") as folder:
        facts = misbehaviour(options.runs, options.seed, options.jobs)
        facts |= thrift(Path(folder))
        facts["seconds_runs"] = round(time.monotonic() - begun, 1)
        begun = time.monotonic()
        if options.kills:
            facts |= killed(options.kills, options.seed, Path(folder))
        facts["seconds_kills"] = round(time.monotonic() - begun, 1)
    facts["is_real_data"] = real_data_dir() is not None
    facts["seed"] = options.seed
    facts["commit"] = commit
    target = ROOT / "build" / "raw_faults.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    sys.exit(0 if _is_sound(facts) else 1)


def _is_sound(facts: dict[str, Any]) -> bool:
    if facts["identical"] != facts["runs"]:
        return False
    broken = facts.get("torn", 0) + facts.get("lost", 0)
    return broken == 0 and facts.get("equal_after_resume") == facts.get("resumed")


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
