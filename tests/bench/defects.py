"""Plant every defect in samples and count those that the data check finds.

``python -m tests.bench.defects --seeds 20`` checks so many clean samples, plants each
defect in the first few of them, writes build/defects.json, and ends with 1 if a
defect was missed or a clean sample failed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.faults.defect_lakes import clean_report, make_clean, verdict

from solalpha.config import load_parameters
from solalpha.raw.sample.defects import DEFECTS

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "build" / "defects.json"
_SHOWN = 3


def campaign(seeds: int, planted_seeds: int) -> dict[str, Any]:
    """Run the campaign and return its figures."""
    parameters = load_parameters()
    folder = Path(tempfile.mkdtemp(prefix="defects-"))
    missed: list[dict[str, Any]] = []
    false_fails: list[str] = []
    warnings: dict[str, int] = {}
    planted = 0
    started = time.perf_counter()
    for seed in range(1, seeds + 1):
        paths = make_clean(folder / f"{seed}", parameters, seed)
        known = clean_report(paths, folder / "clean", parameters).findings
        for finding in known:
            if finding.severity == "FAIL":
                false_fails.append(f"seed {seed}: {finding.check}: {finding.evidence}")
            elif finding.severity == "WARN":
                warnings[finding.check] = warnings.get(finding.check, 0) + 1
        for defect in DEFECTS if seed <= planted_seeds else ():
            copied = folder / "planted"
            found = verdict(paths, copied, parameters, defect, seed=seed, known=known)
            planted += 1
            if not found.is_found:
                told = list(found.told[:_SHOWN])
                missed.append({"defect": defect.name, "seed": seed, "told": told})
                sys.stderr.write(f"missed: {missed[-1]}\n")
        shutil.rmtree(paths.data_dir)
        told = f"{len(missed)} missed, {len(false_fails)} false fails so far"
        sys.stderr.write(f"seed {seed} of {seeds}: {told}\n")
    shutil.rmtree(folder)
    return {
        "defects": len(DEFECTS),
        "planted": planted,
        "found": planted - len(missed),
        "missed": missed,
        "clean_seeds": seeds,
        "false_fails": false_fails,
        "clean_warnings": warnings,
        "seconds": round(time.perf_counter() - started, 1),
        "commit": _commit(),
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
    """Run the campaign, print its figures and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--planted-seeds", type=int, default=2)
    wish = parser.parse_args()
    found = campaign(wish.seeds, wish.planted_seeds)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(found) + "\n")
    if found["missed"] or found["false_fails"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
