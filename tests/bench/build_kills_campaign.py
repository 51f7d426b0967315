"""Kill builds at random moments, to build/build_kills.json; resumable by seed.

Run as ``make build-kills KILLS=100 SEED=1``. Each kill is appended to a record beside
the figures; a second run with the same seed goes on behind the last one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "py")]

from tests.faults.build_kills import (  # noqa: E402
    World,
    as_facts,
    kill_once,
    make_world,
)

from solalpha.audit import pool  # noqa: E402


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One kill to come: in which world, its number and seed, and where it works."""

    world: World
    number: int
    seed: int
    folder: Path


def kill(task: Task) -> dict[str, Any]:
    """Kill one build and return what was found."""
    return as_facts(kill_once(task.world, task.number, task.seed, task.folder))


def campaign(
    kills: int, seed: int, folder: Path, record: Path, jobs: int
) -> list[dict[str, Any]]:
    """Kill until there are ``kills`` of this seed on record, and return them."""
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    told = [fact for fact in map(json.loads, lines) if fact["seed"] == seed]
    done = {fact["number"] for fact in told}
    missing = [number for number in range(kills) if number not in done]
    if not missing:
        return told
    world = make_world(folder / f"world-{commit()}")
    tasks = [
        Task(world=world, number=number, seed=seed, folder=folder) for number in missing
    ]
    for _, found in pool.each(kill, tasks, jobs=jobs):
        fact = found | {"commit": commit()}
        told.append(fact)
        with record.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(fact) + "\n")
        sys.stderr.write(
            f"kill {fact['number'] + 1}, {len(told)} of {kills}: {fact['phase']} after "
            f"{fact['after_s']:.1f} s, served {fact['served']}, "
            f"{'sound' if fact['is_sound'] else 'NOT SOUND'}\n"
        )
    return told


def figures(told: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    """Sum the record of one seed."""
    return {
        "kills": len(told),
        "killed_while_running": sum(fact["was_running"] for fact in told),
        "phases": dict(Counter(fact["phase"] for fact in told)),
        "served": dict(Counter(fact["served"] for fact in told)),
        "served_intact": sum(fact["is_served_intact"] for fact in told),
        "next_build_equal_to_clean": sum(
            fact["next_code"] == 0 and fact["is_id_equal"] and not fact["tables_unlike"]
            for fact in told
        ),
        "with_leftovers": sum(bool(fact["leftovers"]) for fact in told),
        "unsound": [fact for fact in told if not fact["is_sound"]][:10],
        "seed": seed,
        "commits": sorted({fact["commit"] for fact in told}),
    }


def commit() -> str:
    """Return the checkout's commit."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def main() -> None:
    """Run the campaign and write its figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="kills at a time")
    parser.add_argument("--work-dir", type=Path, default=ROOT / "build" / "build_kills")
    options = parser.parse_args()
    options.work_dir.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    told = campaign(
        options.kills,
        options.seed,
        options.work_dir.resolve(),
        options.work_dir / "record.jsonl",
        options.jobs,
    )
    facts = figures(told, options.seed)
    facts["seconds"] = round(time.monotonic() - begun, 1)
    target = ROOT / "build" / "build_kills.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    sys.exit(1 if facts["unsound"] else 0)


if __name__ == "__main__":
    main()
