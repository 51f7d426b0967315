from datetime import UTC, datetime
from pathlib import Path

import pytest

from solalpha.errors import ConfigError
from solalpha.report.quality_page import render, write_quality
from solalpha.warehouse.quality import Completeness, Finding, QualityReport

NOW = datetime(2025, 2, 1, 12, 30, tzinfo=UTC)


def finding(severity: str, evidence: str) -> Finding:
    return Finding(
        check="candles.gaps",
        severity=severity,
        coin="SOL",
        source="file",
        first_at=NOW,
        last_at=None,
        evidence=evidence,
        remedy="ingest the range",
    )


def cell(month: str, known: int, column: str = "close") -> Completeness:
    return Completeness(
        coin="SOL",
        table="candles",
        column=column,
        month=month,
        expected=200,
        known=known,
    )


def report(*findings: Finding, cells: tuple[Completeness, ...] = ()) -> QualityReport:
    return QualityReport(
        check_id="c",
        checked_at=NOW,
        verdict=findings[0].severity if findings else "PASS",
        findings=findings,
        completeness=cells,
    )


def test_page_tells_the_verdict_and_each_finding_with_its_remedy() -> None:
    page = render(report(finding("FAIL", "3 candles"), finding("PASS", "fine")))
    assert 'Data quality <span class="mark FAIL">FAIL</span>' in page
    assert "3 candles" in page
    assert "ingest the range" in page
    assert "2025-02-01 12:30" in page
    assert "<summary>1 checks passed</summary>" in page


def test_page_reaches_for_no_network_and_escapes_text_from_data() -> None:
    page = render(report(finding("WARN", "<script>alert(1)</script>")))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page


def test_heat_table_shows_shares_by_month_and_a_blank_where_nothing_is_due() -> None:
    page = render(
        report(
            cells=(
                cell("2025-01", 150),
                cell("2025-02", 200),
                cell("2025-02", 0, "open"),
            )
        )
    )
    assert '<td class="cell thin" title="150 of 200 bars">75.0</td>' in page
    assert '<td class="cell whole" title="200 of 200 bars">100</td>' in page
    assert '<td class="cell bad" title="0 of 200 bars">0.0</td>' in page
    assert '<td class="cell none"></td>' in page
    # 350 of 600 cells.
    assert "58.33 %" in page
    assert "Nothing: every check passed." in page


def test_page_that_cannot_be_written_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(ConfigError, match="--html"):
        write_quality(tmp_path / "file" / "page.html", report())


def test_page_replaces_the_one_before_and_leaves_nothing_beside_it(
    tmp_path: Path,
) -> None:
    target = tmp_path / "reports" / "quality.html"
    write_quality(target, report(finding("FAIL", "first")))
    assert write_quality(target, report(finding("WARN", "second"))) == target
    assert "second" in target.read_text()
    assert [file.name for file in target.parent.iterdir()] == ["quality.html"]
