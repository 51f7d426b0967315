"""Write the data quality report as one page that reaches for no network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader

from solalpha.errors import ConfigError
from solalpha.warehouse.quality import Completeness, QualityReport

_SEVERITIES = ("FAIL", "WARN", "PASS")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    # One column of the heat table: its cells by month, None where nothing is due.
    coin: str
    table: str
    column: str
    cells: tuple[Completeness | None, ...]


def write_quality(path: Path, report: QualityReport) -> Path:
    """Write ``report`` to ``path``, whole or not at all, and return the path.

    Raises
    ------
    ConfigError
        If the page cannot be written there.
    """
    text = render(report)
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise ConfigError(
            f"page {path} cannot be written ({error.strerror}); expected a file in a "
            "directory that is writable; name another with --html"
        ) from error
    return path


def render(report: QualityReport) -> str:
    """Return the page as HTML; every text from data is escaped."""
    environment = Environment(
        loader=PackageLoader("solalpha.report", ""), autoescape=True, trim_blocks=True
    )
    environment.filters["moment"] = lambda moment: (
        "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
    )
    months, rows = _heat(report.completeness)
    return environment.get_template("quality.html.j2").render(
        report=report,
        counts={
            name: sum(found.severity == name for found in report.findings)
            for name in _SEVERITIES
        },
        problems=[found for found in report.findings if found.severity != "PASS"],
        passed=[found for found in report.findings if found.severity == "PASS"],
        months=months,
        rows=rows,
        shade=_shade,
    )


def _heat(
    cells: tuple[Completeness, ...],
) -> tuple[list[str], list[_Row]]:
    months = sorted({cell.month for cell in cells})

    def series(cell: Completeness) -> tuple[str, str, str]:
        return cell.coin, cell.table, cell.column

    rows = []
    for (coin, table, column), members in groupby(
        sorted(cells, key=series), key=series
    ):
        known = {cell.month: cell for cell in members}
        found = tuple(known.get(month) for month in months)
        rows.append(_Row(coin=coin, table=table, column=column, cells=found))
    return months, rows


def _shade(cell: Completeness | None) -> str:
    # Classes of the page's style, from empty over thin to whole.
    if cell is None:
        return "none"
    if cell.known == cell.expected:
        return "whole"
    return next(
        name
        for name, least in (("good", 0.99), ("fair", 0.95), ("thin", 0.5), ("bad", 0.0))
        if cell.share >= least
    )
