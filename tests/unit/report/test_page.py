"""The report escapes what data say, names what is unknown, and needs no network."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from solalpha.report import charts
from solalpha.report.content import MAX_POINTS, Content, thinned
from solalpha.report.page import cell, render, table

START = datetime(2025, 6, 1, tzinfo=UTC)
HOURS = [START + timedelta(hours=n) for n in range(6)]


def content(**changes: object) -> Content:
    run: dict[str, object] = {
        "coin": "SOL",
        "policy": "perp",
        "model_id": "model-1",
        "run_id": "run-1",
        "started_at": HOURS[0],
        "ended_at": HOURS[-1],
        "bars": 6,
        "verdict": "INCONCLUSIVE",
        "verdict_reason": "too short",
        "total_return": 0.123,
        "buy_and_hold_return": -0.05,
        "sharpe": 1.5,
        "dsr": None,
        "max_drawdown": -0.02,
        "trades": 1,
        "fees_usd": 1.0,
        "slippage_usd": 2.0,
        "funding_usd": -0.5,
        "funding_status": "known",
        "halted_share": 0.25,
        "return_without_limit": 0.2,
    }
    run |= dict(changes.pop("run", {}))  # type: ignore[call-overload]
    equity = pl.DataFrame(
        {
            "bar_closed_at": HOURS,
            "equity_usd": [1.0] * 6,
            "buy_and_hold_usd": [1.0] * 6,
            "volatility_hold_usd": [1.0] * 6,
            "cash_usd": [1.0] * 6,
            "drawdown": [0.0] * 6,
        }
    )
    context = pl.DataFrame(
        {
            "bar_closed_at": HOURS,
            "close": [100.0, 101.0, 102.0, 101.0, 100.0, 99.0],
            "regime": [None, 1, 1, -1, -1, 1],
            "sentiment": [None, 0.1, 0.2, None, -0.5, 0.0],
        }
    )
    fills = pl.DataFrame(
        {
            "filled_at": [HOURS[2]],
            "side": ["buy"],
            "price": [102.0],
            "reason": ["enter"],
        }
    )
    nothing = pl.DataFrame()
    values: dict[str, object] = {
        "build_id": "build-1",
        "trial": {},
        "coverage": nothing,
        "findings": nothing,
        "verdicts": nothing,
        "gaps": nothing,
        "barred": nothing,
        "correlations": nothing,
        "worths": nothing,
        "confusion": pl.DataFrame(
            {"predicted_up": [True], "was_up": [False], "bars": [7]}
        ),
        "calibration": pl.DataFrame(
            {"bin": [0.5], "predicted": [0.55], "observed": [0.5], "bars": [7]}
        ),
        "equity": equity,
        "trades": fills,
        "context": context,
        "orders": nothing,
        "decisions": nothing,
    }
    return Content(run=run, **(values | changes))  # type: ignore[arg-type]


def page(**changes: object) -> str:
    text = render(content(**changes), contributions=[("rsi_14", 0.2)], written_at=START)
    return text.split("</script>", 1)[1]


def test_text_from_data_is_escaped() -> None:
    findings = pl.DataFrame({"evidence": ["<script>alert(1)</script>"]})
    found = page(findings=findings, run={"verdict_reason": "<b>bold</b>"})
    assert "<script>alert(1)" not in found
    assert "&lt;script&gt;alert(1)" in found
    assert "<b>bold</b>" not in found


def test_barred_features_are_named_where_there_are_any() -> None:
    barred = pl.DataFrame(
        {
            "feature": ["ofi_mean"],
            "column_names": ["ofi_ratio"],
            "reason": ["correlation"],
        }
    )
    found = page(barred=barred)
    assert all(f"{word}</td>" in found for word in barred.row(0))
    assert "Barred features" in found
    assert "Barred features" not in page()


def test_worth_of_features_is_told_where_a_model_has_one() -> None:
    worths = pl.DataFrame(
        {"feature": ["rsi_14"], "log_loss_saved": [0.0025], "cluster": ["trend"]}
    )
    found = page(worths=worths)
    assert all(f"{word}</td>" in found for word in worths.row(0))
    assert "What each saved" in found
    assert "What each saved" not in page()


def test_page_loads_nothing_from_elsewhere() -> None:
    assert not re.findall(r"(?:src|href)=[\"']https?://", page())


def test_unknown_figures_are_called_unknown() -> None:
    found = page()
    assert re.search(r"<b>unknown</b><span>deflated Sharpe probability", found)
    assert re.search(r"<b>12\.3%</b><span>total return", found)


def test_halt_and_the_result_without_it_are_told() -> None:
    found = page()
    assert "25.0%" in found
    assert "20.0%" in found


def test_unknown_funding_is_told() -> None:
    assert "were not charged" in page(run={"funding_status": "unknown"})
    assert "were not charged" not in page()


def test_spells_cover_the_time_between_changes() -> None:
    found = charts.spells(content().context)
    assert found == [
        (HOURS[1], HOURS[3], 1),
        (HOURS[3], HOURS[5], -1),
        (HOURS[5], HOURS[5], 1),
    ]


def test_spells_of_unknown_regimes_are_none() -> None:
    frame = content().context.with_columns(regime=pl.lit(None, dtype=pl.Int32))
    assert charts.spells(frame) == []


def test_thinned_frame_keeps_its_last_row() -> None:
    frame = pl.DataFrame({"n": range(MAX_POINTS * 2 + 7)})
    found = thinned(frame)
    assert found.height <= MAX_POINTS
    assert found["n"][-1] == frame["n"][-1]
    assert thinned(frame.head(10)).equals(frame.head(10))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (HOURS[1], "2025-06-01 01:00"),
        (0.123456, "0.1235"),
        (1234, "1,234"),
    ],
)
def test_cells_are_short(value: object, text: str) -> None:
    assert cell(value) == text


def test_table_without_rows_says_so() -> None:
    assert "Nothing to show" in table(pl.DataFrame())


def test_simulated_market_is_called_so() -> None:
    simulated = pl.DataFrame({"coin": ["SOL"], "source": ["simulator"]})
    recorded = pl.DataFrame({"coin": ["SOL"], "source": ["file"]})
    assert "This market is simulated" in page(coverage=simulated)
    assert "This market is simulated" not in page(coverage=recorded)
