"""Charts of the report, drawn with Plotly; colours hold for colour-blind readers."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

BLUE, ORANGE, GREY, TEAL, RED = "#2563eb", "#d97706", "#6b7280", "#0f766e", "#b91c1c"
PALE_BLUE, PALE_ORANGE = "rgba(37,99,235,0.10)", "rgba(217,119,6,0.12)"
FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"
MARKERS = {"buy": ("triangle-up", BLUE), "sell": ("triangle-down", ORANGE)}
CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False}


def equity(frame: pl.DataFrame) -> go.Figure:
    """Draw equity against its benchmarks, and the drawdown under it."""
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.68, 0.32],
        vertical_spacing=0.05,
    )
    lines = (
        ("equity_usd", "strategy", BLUE, "solid"),
        ("buy_and_hold_usd", "buy and hold", ORANGE, "solid"),
        ("volatility_hold_usd", "volatility-targeted hold", TEAL, "dot"),
        ("cash_usd", "cash", GREY, "dash"),
    )
    for column, name, colour, dash in lines:
        figure.add_scatter(
            x=frame["bar_closed_at"].to_list(),
            y=frame[column].to_list(),
            name=name,
            line={"color": colour, "width": 1.8, "dash": dash},
            hovertemplate="%{y:,.0f} USD",
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=frame["bar_closed_at"].to_list(),
        y=frame["drawdown"].to_list(),
        name="drawdown of the strategy",
        line={"color": RED, "width": 1.2},
        fill="tozeroy",
        fillcolor="rgba(185,28,28,0.15)",
        hovertemplate="%{y:.1%}",
        showlegend=False,
        row=2,
        col=1,
    )
    figure.update_yaxes(title_text="USD", row=1, col=1)
    figure.update_yaxes(title_text="drawdown", tickformat=".0%", row=2, col=1)
    return _styled(figure, 520)


def trades(context: pl.DataFrame, fills: pl.DataFrame) -> go.Figure:
    """Draw fills on the price, regimes behind it and sentiment under it."""
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.72, 0.28],
        vertical_spacing=0.05,
    )
    figure.add_scatter(
        x=context["bar_closed_at"].to_list(),
        y=context["close"].to_list(),
        name="price",
        line={"color": GREY, "width": 1.2},
        hovertemplate="%{y:,.2f} USD",
        row=1,
        col=1,
    )
    for side in MARKERS:
        figure.add_scatter(**_fills(fills, side), row=1, col=1)
    figure.add_scatter(
        x=context["bar_closed_at"].to_list(),
        y=context["sentiment"].to_list(),
        name="sentiment",
        line={"color": TEAL, "width": 1.2},
        connectgaps=False,
        hovertemplate="%{y:.2f}",
        row=2,
        col=1,
    )
    figure.update_yaxes(title_text="USD", row=1, col=1)
    figure.update_yaxes(title_text="sentiment", range=[-1.05, 1.05], row=2, col=1)
    # All at once: one call per rectangle takes seconds on a year of hours.
    figure.update_layout(shapes=[_ground(*spell) for spell in spells(context)])
    return _styled(figure, 520)


def _fills(fills: pl.DataFrame, side: str) -> dict[str, Any]:
    chosen = fills.filter(pl.col("side") == side)
    symbol, colour = MARKERS[side]
    return {
        "x": chosen["filled_at"].to_list(),
        "y": chosen["price"].to_list(),
        "name": side,
        "mode": "markers",
        "marker": {"symbol": symbol, "size": 9, "color": colour},
        "text": chosen["reason"].to_list(),
        "hovertemplate": "%{text} at %{y:,.3f} USD",
    }


def _ground(start: object, end: object, regime: int) -> dict[str, object]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "y domain",
        "x0": start,
        "x1": end,
        "y0": 0,
        "y1": 1,
        "fillcolor": PALE_BLUE if regime > 0 else PALE_ORANGE,
        "line": {"width": 0},
        "layer": "below",
    }


def spells(context: pl.DataFrame) -> list[tuple[object, object, int]]:
    """Return (first time, last time, regime) of each unbroken run of one regime."""
    known = context.filter(pl.col("regime").is_not_null())
    if known.is_empty():
        return []
    runs = known.group_by(pl.col("regime").rle_id().alias("run"), maintain_order=True)
    bounds = runs.agg(
        pl.col("bar_closed_at").first().alias("start"),
        pl.col("bar_closed_at").last().alias("end"),
        pl.col("regime").first(),
    )
    ends = [*bounds["start"].to_list()[1:], bounds["end"].to_list()[-1]]
    return list(
        zip(bounds["start"].to_list(), ends, bounds["regime"].to_list(), strict=True)
    )


def costs(run: dict[str, float]) -> go.Figure:
    """Draw what was paid, split in fees, slippage, funding (USD, cost positive)."""
    names = ["fees", "slippage", "funding"]
    values = [run["fees_usd"], run["slippage_usd"], run["funding_usd"]]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker_color=[BLUE, ORANGE, TEAL],
            text=[f"{value:,.2f} USD" for value in values],
            textposition="auto",
            hovertemplate="%{y}: %{x:,.2f} USD<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title_text="paid, USD (negative: received)")
    return _styled(figure, 240)


def calibration(frame: pl.DataFrame) -> go.Figure:
    """Draw the observed share of rises against the predicted probability."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], name="perfect", line={"color": GREY, "dash": "dash"}
    )
    sizes = [
        8 + 22 * (bars / max(frame["bars"].max() or 1, 1)) ** 0.5
        for bars in frame["bars"]
    ]
    figure.add_scatter(
        x=frame["predicted"].to_list(),
        y=frame["observed"].to_list(),
        name="walk-forward",
        mode="lines+markers",
        marker={"size": sizes, "color": BLUE, "opacity": 0.75},
        text=frame["bars"].to_list(),
        hovertemplate="predicted %{x:.1%}, observed %{y:.1%}, %{text} bars",
    )
    figure.update_xaxes(title_text="predicted probability", tickformat=".0%")
    figure.update_yaxes(title_text="observed share", tickformat=".0%", range=[0, 1])
    return _styled(figure, 380)


def confusion(frame: pl.DataFrame) -> go.Figure:
    """Draw the counts of predicted against actual direction."""
    counts = [[0, 0], [0, 0]]
    for row in frame.iter_rows(named=True):
        counts[int(row["was_up"])][int(row["predicted_up"])] = row["bars"]
    figure = go.Figure(
        go.Heatmap(
            z=counts,
            x=["predicted down", "predicted up"],
            y=["was down", "was up"],
            text=[[f"{value:,}" for value in row] for row in counts],
            texttemplate="%{text}",
            colorscale=[[0, "#eff6ff"], [1, "#60a5fa"]],
            showscale=False,
            hovertemplate="%{y}, %{x}: %{z:,} bars<extra></extra>",
        )
    )
    return _styled(figure, 320)


def importance(rows: list[tuple[str, float]]) -> go.Figure:
    """Draw mean absolute contributions (log-odds), largest first."""
    names = [name for name, _ in rows]
    figure = go.Figure(
        go.Bar(
            x=[value for _, value in rows],
            y=names,
            orientation="h",
            marker_color=BLUE,
            hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", tickfont={"size": 11})
    figure.update_xaxes(title_text="mean absolute contribution, log-odds")
    return _styled(figure, 120 + 20 * len(rows))


def _styled(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        template="plotly_white",
        font={"family": FONT, "size": 12, "color": "#1f2937"},
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
