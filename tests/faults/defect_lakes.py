"""Plant defects in copies of a sample and ask the data check about each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from solalpha.config import Parameters, Paths
from solalpha.cycle.source import SAMPLE_OUTAGES_PER_YEAR
from solalpha.raw.sample import write_sample
from solalpha.raw.sample.defects import Defect, PlantedDefect, plant
from solalpha.raw.sample.defects_lakehouse import write_lakehouse
from solalpha.warehouse.quality import Finding, QualityReport, check

# Two whole months and a day, so that the lakehouse has two whole files.
DAYS = 62
END_AT = datetime(2025, 7, 1, tzinfo=UTC)
BOOK_INTERVAL_S = 900
_CHECKED_AT = END_AT + timedelta(hours=1)
_SLACK = timedelta(days=1)
_SEVERITIES = ("PASS", "WARN", "FAIL")

Mark = tuple[str, str, str | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Say whether the check found a planted defect, and what it said."""

    planted: PlantedDefect
    is_found: bool
    told: tuple[str, ...]


def make_clean(folder: Path, parameters: Parameters, seed: int) -> Paths:
    """Write a clean sample with a clean lakehouse beside it."""
    paths = Paths(data_dir=folder)
    write_sample(
        paths,
        parameters,
        days=DAYS,
        seed=seed,
        edge=1.0,
        book_interval_s=BOOK_INTERVAL_S,
        outages_per_year=SAMPLE_OUTAGES_PER_YEAR,
        start_at=END_AT - timedelta(days=DAYS),
        progress=None,
    )
    return paths


def judged(paths: Paths, parameters: Parameters) -> QualityReport:
    """Return what the data check says of a lake, an hour after its last row."""
    return check(paths, parameters, checked_at=_CHECKED_AT)


def clean_report(paths: Paths, folder: Path, parameters: Parameters) -> QualityReport:
    """Return what the check says of the clean sample with its lakehouse."""
    copied = copy_of(paths, folder)
    write_lakehouse(copied, parameters)
    return judged(copied, parameters)


def copy_of(paths: Paths, folder: Path) -> Paths:
    """Return a copy of a lake; its files are links, for nothing edits a file."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(paths.raw, folder / "raw", copy_function=os.link)
    return Paths(data_dir=folder)


def verdict(
    paths: Paths,
    folder: Path,
    parameters: Parameters,
    defect: Defect,
    *,
    seed: int,
    known: Sequence[Finding],
) -> Verdict:
    """Plant one defect in a copy of ``paths`` and return whether it was found.

    It counts as found if a finding of its check, at least as severe, tells what the
    clean sample's report does not, and names a time in which it lies.
    """
    copied = copy_of(paths, folder)
    (planted,) = plant(copied, parameters, [defect], seed=seed)
    marks = {_mark(finding) for finding in known}
    fresh = [f for f in judged(copied, parameters).findings if _mark(f) not in marks]
    shutil.rmtree(folder, ignore_errors=True)
    return Verdict(
        planted=planted,
        is_found=any(_tells(finding, planted) for finding in fresh),
        told=tuple(
            f"{f.severity} {f.check}: {f.evidence}"
            for f in fresh
            if f.severity != _SEVERITIES[0]
        ),
    )


def _tells(finding: Finding, planted: PlantedDefect) -> bool:
    if finding.check != planted.check:
        return False
    if _SEVERITIES.index(finding.severity) < _SEVERITIES.index(planted.severity):
        return False
    first, last = planted.first_at, planted.last_at
    if None in (first, last, finding.first_at, finding.last_at):
        return True
    is_moved = finding.first_at.year < first.year or finding.last_at.year > last.year
    return is_moved or (
        finding.first_at <= last + _SLACK and finding.last_at >= first - _SLACK
    )


def _mark(finding: Finding) -> Mark:
    return (finding.check, finding.severity, finding.coin, finding.evidence)
