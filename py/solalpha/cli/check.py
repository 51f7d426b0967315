"""The command that judges the raw data: on the terminal, as JSON, as a page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from solalpha import clock
from solalpha.cli.session import (
    DataDirOption,
    JsonOption,
    Session,
    SetOption,
    rows_table,
)
from solalpha.cycle import steps
from solalpha.errors import DataError
from solalpha.report.quality_page import write_quality
from solalpha.warehouse.quality import QualityReport

_COLUMNS = ["severity", "check", "finding"]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(check)


def check(
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", help="Page to write; else reports/quality.html of the data."
        ),
    ] = None,
    is_full: Annotated[
        bool, typer.Option("--all", help="Show the checks that passed too.")
    ] = False,
    data_dir: DataDirOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the raw data: PASS, WARN or FAIL (FAIL exits with 3)."""
    session = Session.start(
        "check", data_dir=data_dir, as_json=as_json, overrides=overrides
    )
    report = steps.check(session.paths, session.parameters, clock.now())
    page = write_quality(html or session.paths.reports / "quality.html", report)
    facts = _facts(report, page)
    shown = [row for row in facts["findings"] if is_full or row["severity"] != "PASS"]
    rows = [_told(row) for row in shown]
    session.show(facts, rows_table(_title(report, page), rows, _COLUMNS))
    failed = [found for found in report.findings if found.severity == "FAIL"]
    if failed:
        raise DataError(
            f"{len(failed)} check(s) failed; first: {failed[0].check}: "
            f"{failed[0].evidence}; {failed[0].remedy}"
        )


def _facts(report: QualityReport, page: Path) -> dict[str, Any]:
    counts = dict.fromkeys(("FAIL", "WARN", "PASS"), 0)
    for found in report.findings:
        counts[found.severity] += 1
    return {
        "verdict": report.verdict,
        "checked_at": report.checked_at,
        "counts": counts,
        "known_share": report.known_share,
        "completeness": [
            {**asdict(cell), "share": cell.share} for cell in report.completeness
        ],
        "findings": [asdict(found) for found in report.findings],
        "page": str(page),
    }


def _told(row: dict[str, Any]) -> dict[str, Any]:
    # The series below the check's name, the remedy below the evidence.
    series = " ".join(row[name] for name in ("coin", "source") if row[name])
    is_flawed = row["severity"] != "PASS"
    lines = [row["evidence"], f"-> {row['remedy']}"] if is_flawed else [row["evidence"]]
    return {
        "severity": row["severity"],
        "check": "\n".join(filter(None, [row["check"], series])),
        "finding": "\n".join(lines),
    }


def _title(report: QualityReport, page: Path) -> str:
    passed = sum(found.severity == "PASS" for found in report.findings)
    share = report.known_share
    known = "" if share is None else f", {share:.2%} of required cells known"
    return f"data quality: {report.verdict}, {passed} checks passed{known}; {page}"
