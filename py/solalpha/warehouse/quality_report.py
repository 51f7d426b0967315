"""What a run of the data checks found, and its export for the monitoring tables."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from solalpha import clock
from solalpha.config import Paths

PASS = "PASS"  # noqa: S105 - a severity, not a secret
WARN = "WARN"
FAIL = "FAIL"
SEVERITIES = (PASS, WARN, FAIL)
_MOMENT = pl.Datetime("us", "UTC")
_SCHEMA = pl.Schema(
    {
        "check_id": pl.String(),
        "finding_number": pl.Int64(),
        "check_name": pl.String(),
        "severity": pl.String(),
        "coin": pl.String(),
        "source": pl.String(),
        "first_at": _MOMENT,
        "last_at": _MOMENT,
        "evidence": pl.String(),
        "remedy": pl.String(),
        "checked_at": _MOMENT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """State what one check found; None where it concerns every coin or moment."""

    check: str
    severity: str
    coin: str | None
    source: str | None
    first_at: datetime | None
    last_at: datetime | None
    evidence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Count the bars of a month that know a required column, of those due."""

    coin: str
    table: str
    column: str
    month: str
    expected: int
    known: int

    @property
    def share(self) -> float:
        """Known over expected, in [0, 1]."""
        return self.known / self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """Hold the findings of one run, the worst first; the verdict is the worst."""

    check_id: str
    checked_at: datetime
    verdict: str
    findings: tuple[Finding, ...]
    completeness: tuple[Completeness, ...]

    @property
    def known_share(self) -> float | None:
        """Known over expected cells of all columns, None where none are due."""
        expected = sum(cell.expected for cell in self.completeness)
        known = sum(cell.known for cell in self.completeness)
        return known / expected if expected else None


def report(
    findings: Sequence[Finding],
    completeness: Sequence[Completeness],
    checked_at: datetime,
) -> QualityReport:
    """Order ``findings`` and judge them together."""
    ordered = tuple(
        sorted(
            findings,
            key=lambda found: (
                -SEVERITIES.index(found.severity),
                found.check,
                found.coin or "",
                found.source or "",
                found.evidence,
            ),
        )
    )
    digest = hashlib.sha256(repr(ordered).encode()).hexdigest()[:8]
    return QualityReport(
        check_id=f"{clock.compact(checked_at)}-{digest}",
        checked_at=checked_at,
        verdict=ordered[0].severity if ordered else PASS,
        findings=ordered,
        completeness=tuple(completeness),
    )


def export(paths: Paths, found: QualityReport) -> None:
    """Write the findings as one parquet file; it appears whole or not at all."""
    folder = paths.results / "data_quality"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{found.check_id}.parquet"
    unfinished = folder / f".{found.check_id}.tmp"
    frame = pl.DataFrame(
        [
            {
                "check_id": found.check_id,
                "finding_number": number,
                "check_name": finding.check,
                "severity": finding.severity,
                "coin": finding.coin,
                "source": finding.source,
                "first_at": finding.first_at,
                "last_at": finding.last_at,
                "evidence": finding.evidence,
                "remedy": finding.remedy,
                "checked_at": found.checked_at,
            }
            for number, finding in enumerate(found.findings, start=1)
        ],
        schema=_SCHEMA,
    )
    try:
        with unfinished.open("wb") as file:
            frame.write_parquet(file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
