"""Feed broken payloads to every parser: it may refuse them, and nothing else.

``python -m tests.bench.fuzz --payloads 1000000 --seed 1`` writes build/fuzz.json and
ends with 1 if an error escaped, a parser died or the memory was not bounded. Payload
``i`` of a target depends on the seed, the target's name and ``i`` alone. They run
in processes of their own, so that a crash inside a library is seen and counted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from tests.faults.fuzz_all import all_targets, large_payloads
from tests.faults.fuzz_targets import Target, attempt

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "build" / "fuzz.json"
MOST_MB = 1024
LARGE = "large bodies"
_EXAMPLES = 3
_SHOWN = 400
_REASONS = 60
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one


def counts(targets: list[Target], payloads: int) -> dict[str, int]:
    """Return how many payloads each target gets, by its share."""
    total = sum(target.share for target in targets)
    given = {
        target.name: max(target.lines, round(payloads * target.share / total))
        for target in targets
    }
    # What rounding left over goes to the first, so that the sum is what was asked.
    first = targets[0].name
    given[first] = max(1, given[first] + payloads - sum(given.values()))
    return given


def run_part(target: Target, payloads: int, seed: int) -> dict[str, Any]:
    """Feed ``payloads`` broken payloads to one target and return what came of it."""
    reasons: Counter[str] = Counter()
    found: dict[str, Any] = {"uncaught": 0, "examples": []}
    accepted = refused_count = done = early_mb = 0
    slowest = 0.0
    base = (seed << 64) + (zlib.crc32(target.name.encode()) << 32)
    started = time.perf_counter()
    number = 0
    while done < payloads:
        draw = random.Random(base + number)  # noqa: S311 - no secret
        content = target.payload(draw)
        before = time.perf_counter()
        try:
            refused = attempt(target, content)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever escapes is counted
            found["uncaught"] += 1
            _keep(found["examples"], number, content, error)
            refused = [f"uncaught {type(error).__name__}"]
        slowest = max(slowest, time.perf_counter() - before)
        reasons.update(refused)
        bad = min(len(refused), target.lines)
        accepted += target.lines - bad
        refused_count += bad
        done += target.lines
        number += 1
        if done * 10 <= payloads:
            early_mb = peak_mb()
    return found | {
        "payloads": done,
        "accepted": accepted,
        "refused": refused_count,
        "reasons": dict(reasons),
        "seconds": round(time.perf_counter() - started, 2),
        "slowest_ms": round(slowest * 1e3, 1),
        "peak_mb": peak_mb(),
        "growth_mb": peak_mb() - (early_mb or peak_mb()),
    }


def run_large(folder: Path) -> dict[str, Any]:
    """Feed one body of 50 MB to each kind of parser."""
    reasons: Counter[str] = Counter()
    found: dict[str, Any] = {"uncaught": 0, "examples": []}
    started, done, slowest, taken = time.perf_counter(), 0, 0.0, 0
    for number, (target, content) in enumerate(large_payloads(folder)):
        before = time.perf_counter()
        try:
            refused = attempt(target, content)
            taken += not refused
            reasons.update(set(refused))
        except BaseException as error:  # noqa: BLE001 - whatever escapes is counted
            found["uncaught"] += 1
            _keep(found["examples"], number, content, error)
        done += 1
        slowest = max(slowest, time.perf_counter() - before)
    return found | {
        "payloads": done,
        "accepted": taken,
        "refused": done - taken,
        "reasons": dict(reasons),
        "seconds": round(time.perf_counter() - started, 2),
        "slowest_ms": round(slowest * 1e3, 1),
        "peak_mb": peak_mb(),
        "growth_mb": 0,
    }


def peak_mb() -> int:
    """Return the most memory that this process has held, MB."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def _keep(
    examples: list[dict[str, Any]], number: int, content: bytes, error: BaseException
) -> None:
    if len(examples) < _EXAMPLES:
        told = f"{type(error).__name__}: {error}"
        examples.append(
            {
                "number": number,
                "error": " ".join(told.split())[:_SHOWN],
                "payload": repr(content[:_SHOWN]),
            }
        )


def _scratch() -> str:
    is_usable = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    return tempfile.mkdtemp(prefix="fuzz-", dir=_MEMORY if is_usable else None)


def _child(shares: dict[str, int], seed: int) -> None:
    folder = Path(_scratch())
    try:
        named = {target.name: target for target in all_targets(folder)}
        for name, count in shares.items():
            is_large = name == LARGE
            told = run_large(folder) if is_large else run_part(named[name], count, seed)
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_children(shares: dict[str, int], seed: int) -> dict[str, dict[str, Any]]:
    # A process that dies is followed by one for the targets that are left.
    parts: dict[str, dict[str, Any]] = {}
    while left := {name: n for name, n in shares.items() if name not in parts}:
        command = [sys.executable, "-m", "tests.bench.fuzz", "--seed", str(seed)]
        done = subprocess.run(
            [*command, "--shares", json.dumps(left)],
            cwd=ROOT,
            env=os.environ | {"RUST_BACKTRACE": "0", "PYTHONPATH": "py:."},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        told = [json.loads(line) for line in done.stdout.splitlines()]
        parts |= dict(zip(left, told, strict=False))
        if done.returncode:
            died = list(left)[len(told)]
            parts[died] = _died(done.returncode, done.stderr)
    return parts


def _died(code: int, said: str) -> dict[str, Any]:
    last = said.strip().splitlines()[-1:]
    zero = ("payloads", "accepted", "refused", "seconds", "slowest_ms", "peak_mb")
    example = {"number": -1, "error": f"died with {code}: {last}"}
    return {
        **dict.fromkeys((*zero, "growth_mb"), 0),
        "uncaught": 1,
        "reasons": {},
        "examples": [example],
    }


def campaign(payloads: int, seed: int) -> dict[str, Any]:
    """Run every target and return the campaign's figures."""
    folder = Path(_scratch())
    shares = counts(all_targets(folder), payloads)
    shutil.rmtree(folder, ignore_errors=True)
    started = time.perf_counter()
    parts = _in_children(shares, seed) | _in_children({LARGE: 0}, seed)
    reasons: Counter[str] = Counter()
    for part in parts.values():
        reasons.update(part.pop("reasons"))
    common = dict(reasons.most_common(_REASONS))
    if rest := sum(reasons.values()) - sum(common.values()):
        common["others"] = rest
    return {
        "payloads": sum(part["payloads"] for part in parts.values()),
        "seed": seed,
        "commit": _commit(),
        "accepted": sum(part["accepted"] for part in parts.values()),
        "refused": sum(part["refused"] for part in parts.values()),
        "uncaught": sum(part["uncaught"] for part in parts.values()),
        "peak_mb": max(part["peak_mb"] for part in parts.values()),
        "largest_growth_mb": max(part["growth_mb"] for part in parts.values()),
        "seconds": round(time.perf_counter() - started, 1),
        "refused_by_reason": common,
        "parts": parts,
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def main() -> None:
    """Run the campaign, or one part of it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payloads", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shares", help="of one process: target to payloads, JSON")
    wish = parser.parse_args()
    if wish.shares is not None:
        _child(json.loads(wish.shares), wish.seed)
        return
    found = campaign(wish.payloads, wish.seed)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    shown = {k: v for k, v in found.items() if k not in ("parts", "refused_by_reason")}
    sys.stdout.write(json.dumps(shown) + "\n")
    if found["uncaught"] or found["peak_mb"] > MOST_MB:
        sys.exit(1)


if __name__ == "__main__":
    main()
