"""Run every campaign through the program and rewrite docs/evidence.md.

``evidence.py [SECTION ...]`` runs the named sections, else all but the lakehouse of
24 GB, which needs 60 GB of disk; the others stay as they are. Each table stands under
the command that prints its figures, and says at which commit it was measured. Finished
worlds of the placebo are kept under build/placebo, so a second run only sums them up.
What needs real market data is left as it is, saying so, where SOLALPHA_REAL_DATA is not
set.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import evidence_job as job
import evidence_raw as raw
import evidence_warehouse as warehouse
from evidence_text import ROOT

TARGET = ROOT / "docs" / "evidence.md"


def commit() -> str:
    """Return the commit, marked where a file other than the page differs from it."""
    page = f":!{TARGET.relative_to(ROOT)}"
    head = _git("rev-parse", "--short=12", "HEAD")
    return f"{head}-dirty" if _git("status", "--porcelain", "--", ".", page) else head


def _git(*words: str) -> str:
    return subprocess.run(
        ("git", *words), cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Name a section; ``run`` returns its text, whose title must be ``title``."""

    title: str
    run: Callable[[], str]
    needs_real: bool = False
    is_only_named: bool = False


def sections(real: Path | None) -> dict[str, Section]:
    """Return the sections by name, in the page's order."""
    wanted = real or Path()
    listed = {
        "sample": Section(title="The embedded market", run=job.sample_run),
        "replay": Section(title="Point in time", run=warehouse.replay),
        "leaks": Section(title="Planted leaks", run=warehouse.leaks),
        "serving": Section(title="Served and trained on", run=warehouse.serving),
        "ablation": Section(title="What features earn", run=warehouse.ablation),
        "placebo0": Section(title="No edge to find", run=lambda: job.placebo(0)),
        "placebo1": Section(title="A planted edge", run=lambda: job.placebo(1)),
        "real": Section(
            title="Real candles, funding and headlines",
            run=lambda: job.real_run(wanted),
            needs_real=True,
        ),
        "funding": Section(
            title="Funding and regimes on real data",
            run=warehouse.funding,
            needs_real=True,
        ),
        "sentiment": Section(
            title="The lexicon against human scores",
            run=lambda: job.sentiment(wanted),
            needs_real=True,
        ),
        "realism": Section(
            title="The simulated market beside real recordings",
            run=raw.realism,
            needs_real=True,
        ),
        "check": Section(
            title="Real data under the quality gate",
            run=lambda: raw.real_check(wanted),
            needs_real=True,
        ),
        "defects": Section(title="Planted defects of the data", run=raw.defects),
        "faults": Section(
            title="A venue that misbehaves, processes that are killed",
            run=raw.raw_faults,
        ),
        "fuzz": Section(title="Mutated payloads", run=raw.fuzz),
        "kills": Section(title="Builds that are killed", run=warehouse.kills),
        "readers": Section(title="Readers beside publishes", run=warehouse.readers),
        "speed": Section(title="Speed", run=raw.speed),
        # Some 60 GB of disk, which not every machine has to spare.
        "size": Section(
            title="A lakehouse of 24 GB", run=warehouse.size, is_only_named=True
        ),
    }
    return listed


def stored() -> dict[str, str]:
    """Return the page's present sections by title."""
    if not TARGET.is_file():
        return {}
    _, *parts = re.split(r"^## ", TARGET.read_text(encoding="utf-8"), flags=re.M)
    return {part.split("\n", 1)[0].strip(): f"## {part.rstrip()}\n" for part in parts}


def stamp() -> str:
    """Return the line that says where and when a section was measured."""
    return (
        f"\nMeasured at commit {commit()}, {datetime.now(UTC):%Y-%m-%d}, "
        f"{platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}.\n"
    )


def write_page(found: dict[str, str], listed: Iterable[Section]) -> None:
    """Write the sections that there are, in order."""
    head = (
        "# Evidence\n\nWritten by `make evidence`; every figure is printed by the "
        "command above it. Returns and\ndrawdowns are fractions, USD costs are "
        "positive when paid. A world of the placebo keeps its\nfigures under "
        "`build/placebo` until they are removed.\n"
    )
    texts = [found[one.title] for one in listed if one.title in found]
    TARGET.write_text("\n".join([head, *texts]), encoding="utf-8")


def main() -> None:
    """Run the sections that the command line asks for and write the page."""
    real_name = os.environ.get("SOLALPHA_REAL_DATA")
    real = Path(real_name) if real_name and Path(real_name).is_dir() else None
    listed = sections(real)
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="SECTION", help=", ".join(listed))
    names = parser.parse_args().names or [
        name for name, one in listed.items() if not one.is_only_named
    ]
    if unknown := sorted(set(names) - set(listed)):
        raise SystemExit(f"error: no section {unknown}; expected {', '.join(listed)}")
    for name in names:
        one = listed[name]
        if one.needs_real and real is None:
            print(f"{name}: left as it is, SOLALPHA_REAL_DATA is not set")
            continue
        text = one.run() + stamp()
        # Read anew: another run may have written its section meanwhile.
        write_page(stored() | {one.title: text}, listed.values())
        print(f"{name}: wrote {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
