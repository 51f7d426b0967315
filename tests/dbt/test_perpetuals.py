"""Perpetual and sentiment features and regimes against plain loops."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import (
    BARS,
    HOUR,
    MISSING_FUNDING,
    Market,
    read,
)

from solalpha.config import load_parameters

PARAMETERS = load_parameters()


@pytest.fixture(scope="module")
def settled(market: Market) -> np.ndarray:
    rates = market.funding_rate.copy()
    rates[list(MISSING_FUNDING)] = np.nan
    return rates


def assert_close(found: pl.Series, expected: np.ndarray, tolerance: float) -> None:
    got = found.cast(pl.Float64).fill_null(np.nan).to_numpy()
    assert np.array_equal(np.isnan(got), np.isnan(expected))
    known = ~np.isnan(expected)
    assert known.sum() > 100
    assert np.max(np.abs(got[known] - expected[known])) <= tolerance


def as_read(at_settlement: np.ndarray) -> np.ndarray:
    """What bars read of a series of settlements: an hour late, three hours old at most.

    A settlement is available a minute after the hour, past the decision at 30 s.
    """
    found = np.full(len(at_settlement), np.nan)
    for i in range(len(found)):
        for age in (1, 2, 3):
            if i >= age and not np.isnan(at_settlement[i - age]):
                found[i] = at_settlement[i - age]
                break
    return found


def summed(rates: np.ndarray, hours: int) -> np.ndarray:
    found = np.full(len(rates), np.nan)
    for i in range(hours - 1, len(rates)):
        found[i] = rates[i - hours + 1 : i + 1].sum()
    return found


def test_funding_sums_need_every_hour(
    features: pl.DataFrame, settled: np.ndarray
) -> None:
    assert_close(features["funding_sum_8"], as_read(summed(settled, 8)), 1e-17)
    yearly = as_read(summed(settled, 168)) * 8760 / 168
    assert_close(features["funding_annualised"], yearly, 1e-14)


def test_funding_zscore_equals_a_loop(
    features: pl.DataFrame, settled: np.ndarray
) -> None:
    expected = np.full(BARS, np.nan)
    for i in range(BARS):
        last = settled[max(0, i - 167) : i + 1]
        known = last[~np.isnan(last)]
        if len(known) >= 0.9 * 168 and not np.isnan(settled[i]):
            expected[i] = (settled[i] - known.mean()) / known.std()
    assert_close(features["funding_zscore_168"], as_read(expected), 1e-11)


def test_open_interest_changes_and_quadrants(
    features: pl.DataFrame, market: Market
) -> None:
    interest = np.round(1e6 * (1 + 0.1 * np.sin(np.arange(BARS))), 2)
    for bars in (1, 4, 24):
        change = np.full(BARS, np.nan)
        change[bars:] = np.log(interest[bars:] / interest[:-bars])
        assert_close(features[f"open_interest_change_{bars}"], change, 1e-14)
        if bars == 1:
            continue
        close = market.sol["close"]
        moved = np.full(BARS, np.nan)
        moved[bars:] = close[bars:] - close[:-bars]
        opened = np.where(change > 0, 2.0, 1.0)
        code = np.where(moved > 0, opened, -opened)
        code[np.isnan(moved) | np.isnan(change)] = np.nan
        assert_close(features[f"open_interest_quadrant_{bars}"], code, 0.0)
        assert {c for c in code if not np.isnan(c)} == {-2.0, -1.0, 1.0, 2.0}


def test_basis_trend_is_least_squares(features: pl.DataFrame) -> None:
    basis = features["basis_bps"].to_numpy()
    expected = np.full(BARS, np.nan)
    for i in range(21, BARS):
        last = basis[max(0, i - 23) : i + 1]
        expected[i] = np.polyfit(np.arange(len(last)), last, 1)[0]
    assert_close(features["basis_slope_24"], expected, 1e-11)


def test_estimate_is_compared_with_the_last_rate(features: pl.DataFrame) -> None:
    gap = features["estimated_funding_rate"] - features["funding_rate_last"]
    assert features["funding_estimate_gap"].equals(
        gap.rename("funding_estimate_gap"), null_equal=True
    )
    assert gap.null_count() == 1


def test_minutes_to_funding_are_those_from_the_decision(features: pl.DataFrame) -> None:
    assert features["minutes_to_funding"].unique().to_list() == [59.5]


def title_key(title: str) -> str:
    return re.sub("[^a-z0-9]+", " ", title.lower()).strip()


def readable_from(row: dict[str, object], market: Market) -> int:
    """Index of the first bar that may read a headline."""
    for i, closed_at in enumerate(market.closed_at):
        published, seen = row["published_at"], row["available_at"]
        if published < closed_at and seen <= closed_at + timedelta(seconds=30):  # type: ignore[operator]
            return i
    return BARS


def test_sentiment_bound_and_zscore_equal_a_loop(
    lake: Path, features: pl.DataFrame, market: Market
) -> None:
    """Kish's effective count, and the deviation of what came in 168 hours."""
    rows = market.headlines.join(market.scores, on="headline_id").to_dicts()
    pool: list[tuple[int, float]] = []
    seen_last: dict[str, int] = {}
    first = [(readable_from(row, market), row) for row in rows]
    for at, row in sorted(first, key=lambda p: (p[0], p[1]["published_at"])):
        if row["is_abstained"] or at >= BARS:
            continue
        key = title_key(row["title"])
        if key not in seen_last or at - seen_last[key] >= 168:
            pool.append((at, row["score"]))
        seen_last[key] = at
    lower, zscore, spread = (np.full(BARS, np.nan) for _ in range(3))
    for i, closed_at in enumerate(market.closed_at):
        kept: dict[str, dict[str, object]] = {}
        for at, row in first:
            if at <= i and row["published_at"] >= closed_at - 24 * HOUR:
                kept.setdefault(title_key(row["title"]), row)
        scored = [row for row in kept.values() if not row["is_abstained"]]
        scores = np.array([float(str(row["score"])) for row in scored])
        if len(scores) > 1:
            spread[i] = scores.std()
        known = np.array([score for at, score in pool if i - 168 < at <= i])
        if len(scores) == 0 or len(known) < PARAMETERS.sentiment_least_headlines:
            continue
        ages = [(closed_at - row["published_at"]) / HOUR for row in scored]  # type: ignore[operator]
        weights = 0.5 ** (np.array(ages) / PARAMETERS.sentiment_half_life_hours)
        mean = (weights * scores).sum() / weights.sum()
        error = known.std() * math.sqrt((weights**2).sum()) / weights.sum()
        lower[i] = max(mean - 1.645 * error, -1.0)
        zscore[i] = (mean - known.mean()) / error
    assert_close(features["sentiment_lower"], lower, 1e-8)
    assert_close(features["sentiment_zscore_168"], zscore, 1e-7)
    assert_close(features["sentiment_deviation"], spread, 1e-8)
    decayed = features["sentiment_decayed"].fill_null(np.nan).to_numpy()
    change = np.r_[np.full(24, np.nan), decayed[24:] - decayed[:-24]]
    assert_close(features["sentiment_change_24"], change, 1e-14)


def spells(lake: Path, rule: str) -> pl.DataFrame:
    return read(
        lake,
        f"select * from regime_spells where rule = '{rule}' order by coin, started_at",
    )


def test_paper_rule_flips_like_noise_and_hysteresis_does_not(lake: Path) -> None:
    """Prices are a random walk: one flip in ten bars, by the sign of a mean of 20."""
    found = {
        (row["coin"], row["rule"], row["regime"]): row
        for row in read(lake, "select * from regime_persistence").to_dicts()
    }
    for coin in ("SOL", "BTC"):
        for side in ("1", "-1"):
            paper = found[coin, "paper", side]
            held = found[coin, "hysteresis", side]
            assert math.isclose(paper["noise_exit_rate"], math.acos(0.95) / math.pi)
            assert 0.06 < paper["exit_rate"] < 0.15
            assert held["exit_rate"] < 0.5 * paper["exit_rate"]
            assert held["noise_exit_rate"] is None


def test_hysteresis_dwells_and_spells_are_runs(lake: Path) -> None:
    held = spells(lake, "hysteresis").filter(~pl.col("is_open"))
    assert held["count_bars"].min() >= PARAMETERS.regime_dwell_bars  # type: ignore[operator]
    for rule, column in (("paper", "regime"), ("volatility", "volatility_regime")):
        labels = read(
            lake,
            f"select coin, cast({column} as varchar) as regime from regimes "
            f"where {column} is not null order by coin, bar_closed_at",
        ).rows()
        runs: list[list[object]] = []
        for coin, regime in labels:
            if runs and runs[-1][:2] == [coin, regime]:
                runs[-1][2] = int(str(runs[-1][2])) + 1
            else:
                runs.append([coin, regime, 1])
        found = spells(lake, rule).select("coin", "regime", "count_bars").rows()
        assert [list(row) for row in found] == runs
        assert len(runs) > 20


def test_spells_of_every_rule_know_their_end(lake: Path) -> None:
    found = read(lake, "select * from regime_spells")
    assert set(found["rule"]) == {
        "paper", "hysteresis", "volatility", "funding", "positioning"
    }  # fmt: skip
    over = found.filter(~pl.col("is_open"))
    assert (over["known_at"] > over["ended_at"]).all()
    assert found.filter(pl.col("is_open"))["known_at"].null_count() == len(
        found.filter(pl.col("is_open"))
    )
