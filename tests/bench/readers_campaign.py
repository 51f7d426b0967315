"""Readers beside publishes, to build/readers.json.

Run as ``make readers READERS=20 PUBLISHES=100``. A sample of a few days is built once,
then published again and again with other values while the readers query.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "py")]

from tests.faults.readers import Campaign, run  # noqa: E402
from tests.integration.program import call  # noqa: E402

from solalpha.config import load_parameters, load_paths, project_dir  # noqa: E402

DAYS = 10
BAD = ("readers_failed", "refused", "lock_errors", "mixed_versions")


def main() -> None:
    """Run the campaign and write its figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--publishes", type=int, default=100)
    parser.add_argument("--work-dir", type=Path, default=ROOT / "build" / "readers")
    options = parser.parse_args()
    begun = time.monotonic()
    work = options.work_dir.resolve()
    shutil.rmtree(work, ignore_errors=True)
    days = ("--days", str(DAYS), "--book-interval", "900")
    for arguments in (("sample", *days), ("build",)):
        answer = call(*arguments, "--data-dir", work / "data")
        if answer.code:
            sys.exit(answer.err)
    campaign = Campaign(
        paths=load_paths(work / "data"),
        parameters=load_parameters(),
        project=project_dir(),
        readers=options.readers,
        publishes=options.publishes,
    )
    facts = run(campaign, work / "seen")
    facts["seconds"] = round(time.monotonic() - begun, 1)
    facts["commit"] = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    target = ROOT / "build" / "readers.json"
    target.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    sys.exit(1 if any(facts[name] for name in BAD) or facts["leftovers"] else 0)


if __name__ == "__main__":
    main()
