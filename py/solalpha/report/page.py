"""Write the report: one HTML file, replaced atomically, that reaches for no network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from solalpha.config import Paths
from solalpha.report import charts
from solalpha.report.content import TOP_FEATURES, Content

CONTENTS = (
    ("equity", "Equity"),
    ("trades", "Trades"),
    ("costs", "Costs"),
    ("model", "Model"),
    ("features", "Features"),
    ("quality", "Quality"),
    ("coverage", "Coverage"),
    ("orders", "Orders"),
)
SIMULATOR = "simulator"
# Texts longer than this many characters keep a readable width on a phone.
PROSE_LENGTH = 40
_ORDER_COLUMNS = (
    "intended_at",
    "coin",
    "kind",
    "side",
    "size_base",
    "limit_price",
    "state",
    "reject_reason",
)
_DECISION_COLUMNS = (
    "bar_closed_at",
    "policy",
    "probability_up",
    "regime",
    "sentiment",
    "quality_verdict",
    "position_before_base",
    "target_base",
    "risk_state",
)


def write_report(
    paths: Paths,
    content: Content,
    *,
    contributions: Sequence[tuple[str, float]],
    written_at: datetime,
) -> Path:
    """Write the report of ``content`` and return its path.

    Parameters
    ----------
    contributions
        Feature and mean absolute contribution in log-odds, largest first.
    """
    text = render(content, contributions=contributions, written_at=written_at)
    paths.reports.mkdir(parents=True, exist_ok=True)
    path = paths.reports / f"report-{content.build_id}.html"
    for target in (path, paths.reports / "latest.html"):
        temporary = target.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    return path


def render(
    content: Content,
    *,
    contributions: Sequence[tuple[str, float]],
    written_at: datetime,
) -> str:
    """Return the report as HTML; every text from data is escaped."""
    environment = Environment(
        loader=PackageLoader("solalpha.report", ""), autoescape=True, trim_blocks=True
    )
    environment.filters["moment"] = lambda moment: f"{moment:%Y-%m-%d %H:%M} UTC"
    run = content.run
    drawn = {
        "equity": charts.equity(content.equity),
        "trades": charts.trades(content.context, content.trades),
        "costs": charts.costs(run),
        "confusion": charts.confusion(content.confusion),
        "calibration": charts.calibration(content.calibration),
        "importance": charts.importance(list(contributions)[:TOP_FEATURES]),
    }
    return environment.get_template("page.html.j2").render(
        build_id=content.build_id,
        run=run,
        written_at=f"{written_at:%Y-%m-%d %H:%M} UTC",
        is_simulated=_is_simulated(content),
        contents=CONTENTS,
        plotly_js=Markup(get_plotlyjs()),  # noqa: S704 - the library's own script
        tiles=_tiles(content),
        charts={name: _drawn(name, figure) for name, figure in drawn.items()},
        tables={
            "coverage": table(content.coverage),
            "verdicts": table(content.verdicts),
            "findings": table(content.findings),
            "gaps": table(content.gaps),
            "barred": table(content.barred),
            "correlations": table(content.correlations),
            "worths": table(content.worths),
            "orders": table(content.orders, _ORDER_COLUMNS),
            "decisions": table(content.decisions, _DECISION_COLUMNS),
        },
        content=content,
    )


def _is_simulated(content: Content) -> bool:
    found = content.coverage
    return "source" in found.columns and SIMULATOR in found["source"].to_list()


def _drawn(name: str, figure: go.Figure) -> Markup:
    html = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config=charts.CONFIG,
        div_id=name + "-chart",
    )
    return Markup(html)  # noqa: S704 - Plotly encodes the data as JSON


def _tiles(content: Content) -> list[tuple[str, str]]:
    run, trial = content.run, content.trial
    interval = f"{_number(trial.get('auc_low'))} to {_number(trial.get('auc_high'))}"
    return [
        ("total return", _percent(run["total_return"])),
        ("buy and hold", _percent(run["buy_and_hold_return"])),
        ("Sharpe, annual", _number(run["sharpe"], 2)),
        ("deflated Sharpe probability", _number(run["dsr"])),
        ("maximum drawdown", _percent(run["max_drawdown"])),
        ("trades", f"{run['trades']:,}"),
        ("fees", f"{run['fees_usd']:,.2f} USD"),
        ("slippage since the decision", f"{run['slippage_usd']:,.2f} USD"),
        ("funding paid", f"{run['funding_usd']:,.2f} USD"),
        (f"AUC (95 %: {interval})", _number(trial.get("auc"))),
        ("accuracy", _percent(trial.get("accuracy"))),
        ("majority rate", _percent(trial.get("majority_rate"))),
    ]


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _number(value: float | None, places: int = 3) -> str:
    return "unknown" if value is None else f"{value:.{places}f}"


def table(frame: pl.DataFrame, columns: Sequence[str] | None = None) -> Markup:
    """Return ``frame`` as an HTML table that scrolls sideways on a small screen."""
    if frame.is_empty():
        return Markup('<p class="soft">Nothing to show.</p>')
    chosen = frame.select(columns) if columns else frame
    is_number = [dtype.is_numeric() for dtype in chosen.dtypes]
    head = Markup("").join(
        Markup("<th{}>{}</th>").format(_style(number), name.replace("_", " "))
        for name, number in zip(chosen.columns, is_number, strict=True)
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td{}>{}</td>").format(_style(number, value), cell(value))
                for value, number in zip(row, is_number, strict=True)
            )
        )
        for row in chosen.iter_rows()
    )
    return Markup(
        '<div class="scroll"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(head, body)


def _style(is_number: bool, value: Any = None) -> Markup:
    if is_number:
        return Markup(' class="number"')
    is_prose = isinstance(value, str) and len(value) > PROSE_LENGTH
    return Markup(' class="prose"') if is_prose else Markup("")


def cell(value: Any) -> str:
    """Return a table cell's text: unknown as a dash, times to the minute."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
