"""Windows, regimes, funding, sentiment and labels against plain loops."""

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
    GAPS,
    HOUR,
    MISSING_FUNDING,
    START,
    Market,
    read,
)

from solalpha.config import load_parameters

PARAMETERS = load_parameters()


def values(series: pl.Series) -> np.ndarray:
    return series.cast(pl.Float64).fill_null(np.nan).to_numpy()


def lagged_return(close: np.ndarray, bars: int) -> np.ndarray:
    found = np.full(len(close), np.nan)
    found[bars:] = np.log(close[bars:] / close[:-bars])
    return found


def rolled(function: str, found: np.ndarray, bars: int) -> np.ndarray:
    """Statistic of the known among the last ``bars``, where nine tenths are known."""
    result = np.full(len(found), np.nan)
    least = math.ceil(0.9 * bars)
    for i in range(len(found)):
        last = found[max(0, i - bars + 1) : i + 1]
        known = last[~np.isnan(last)]
        if len(known) >= least:
            result[i] = getattr(np, function)(known)
    return result


def assert_close(found: pl.Series, expected: np.ndarray, tolerance: float) -> None:
    got = values(found)
    assert np.array_equal(np.isnan(got), np.isnan(expected))
    known = ~np.isnan(expected)
    assert known.sum() > 100
    assert np.max(np.abs(got[known] - expected[known])) <= tolerance


def test_features_grid_has_every_bar(features: pl.DataFrame, market: Market) -> None:
    expected = [at.replace(tzinfo=None) for at in market.closed_at]
    assert features["bar_closed_at"].to_list() == expected
    assert features["close"].null_count() == len(GAPS)


@pytest.mark.parametrize("bars", [1, 2, 4, 12, 24, 72, 168])
def test_return_gap_is_null_by_time(
    features: pl.DataFrame, market: Market, bars: int
) -> None:
    expected = lagged_return(market.sol["close"], bars)
    assert_close(features[f"return_{bars}"], expected, 1e-12)


@pytest.mark.parametrize(("name", "bars"), [("24", 24), ("168", 168)])
def test_realised_volatility_gap_is_scaled(
    features: pl.DataFrame, market: Market, name: str, bars: int
) -> None:
    squares = lagged_return(market.sol["close"], 1) ** 2
    expected = np.sqrt(rolled("mean", squares, bars) * bars)
    assert_close(features[f"realised_volatility_{name}"], expected, 1e-13)


def test_bipower_and_semivariance_follow_their_formulas(
    features: pl.DataFrame, market: Market
) -> None:
    returns = lagged_return(market.sol["close"], 1)
    pairs = np.abs(returns) * np.abs(np.r_[np.nan, returns[:-1]]) * math.pi / 2
    bipower = rolled("mean", pairs, 24)
    variance = rolled("mean", returns**2, 24)
    losses = np.where(returns < 0, returns**2, returns * 0)
    assert_close(features["bipower_volatility_24"], np.sqrt(bipower * 24), 1e-13)
    assert_close(
        features["semivariance_ratio_24"], rolled("mean", losses, 24) / variance, 1e-12
    )
    jumps = np.maximum(1 - bipower / variance, 0)
    assert_close(features["jump_share_24"], jumps, 1e-12)


def test_range_volatilities_from_benchmark_candles(lake: Path, market: Market) -> None:
    found = read(
        lake,
        "select parkinson_volatility_24, garman_klass_volatility_24 from features "
        "where coin = 'BTC' order by bar_closed_at",
    )
    candles = market.btc
    spread = np.log(candles["high"] / candles["low"]) ** 2
    body = np.log(candles["close"] / candles["open"]) ** 2
    parkinson = np.sqrt(24 * rolled("mean", spread / (4 * math.log(2)), 24))
    garman_klass = 0.5 * spread - (2 * math.log(2) - 1) * body
    assert_close(found["parkinson_volatility_24"], parkinson, 1e-13)
    assert_close(
        found["garman_klass_volatility_24"],
        np.sqrt(24 * rolled("mean", garman_klass, 24)),
        1e-13,
    )


def test_beta_and_residual_use_the_past_only(
    features: pl.DataFrame, market: Market
) -> None:
    own = lagged_return(market.sol["close"], 1)
    other = lagged_return(market.btc["close"], 1)
    beta = np.full(BARS, np.nan)
    for i in range(BARS):
        x, y = other[max(0, i - 167) : i + 1], own[max(0, i - 167) : i + 1]
        known = ~np.isnan(x) & ~np.isnan(y)
        if known.sum() >= math.ceil(0.9 * 168):
            x, y = x[known], y[known]
            beta[i] = np.cov(x, y, ddof=0)[0, 1] / np.var(x)
    assert_close(features["benchmark_beta_168"], beta, 1e-11)
    assert_close(features["residual_return_1"], own - beta * other, 1e-12)


def test_trade_flow_matches_trades(lake: Path, features: pl.DataFrame) -> None:
    trades = pl.read_parquet(lake / "raw" / "trades" / "**" / "*.parquet")
    hours = trades["event_at"].dt.epoch("us") // 3_600_000_000
    index = (hours - int(START.timestamp()) // 3600).to_numpy()
    size = trades["size"].cast(pl.Float64).to_numpy()
    sign = np.where(trades["aggressor_side"].to_numpy() == "buy", 1, -1)
    volume = np.bincount(index, size, BARS)
    signed = np.bincount(index, size * sign, BARS)
    volume[volume == 0] = np.nan
    imbalance = signed / volume
    assert_close(features["trade_imbalance"], imbalance, 1e-12)
    assert_close(features["vpin_24"], rolled("mean", np.abs(imbalance), 24), 1e-12)


def test_funding_known_a_bar_late_and_sum_needs_every_hour(
    features: pl.DataFrame, market: Market
) -> None:
    """A settlement is read 60 s after the hour, past the decision at 30 s."""
    settled = market.funding_rate.copy()
    settled[list(MISSING_FUNDING)] = np.nan
    known = np.r_[np.nan, settled[:-1]]
    gap = MISSING_FUNDING[0] + 1
    last = known.copy()
    last[gap] = known[gap - 1]
    assert_close(features["funding_rate_last"], last, 1e-18)
    age = np.full(BARS, 3600.0)
    age[gap] = 7200.0
    assert values(features["funding_age_s"])[1:].tolist() == age[1:].tolist()
    sums = np.full(BARS, np.nan)
    for i in range(24, BARS):
        sums[i] = known[i - 23 : i + 1].sum()
    # Past a gap the last whole sum is carried until it is three hours old.
    sums[gap], sums[gap + 1] = sums[gap - 1], sums[gap - 1]
    assert_close(features["funding_sum_24"], sums, 1e-17)


def test_sentiment_equals_loop_over_headlines(lake: Path, market: Market) -> None:
    found = read(
        lake,
        "select * from sentiment_bars where coin = 'SOL' order by bar_closed_at",
    )
    rows = market.headlines.join(market.scores, on="headline_id").to_dicts()
    decayed, counts, age = (np.full(BARS, np.nan) for _ in range(3))
    for i, closed_at in enumerate(market.closed_at):
        kept: dict[str, dict[str, object]] = {}
        for row in rows:
            is_recent = closed_at - 24 * HOUR <= row["published_at"] < closed_at
            if is_recent and row["available_at"] <= closed_at + timedelta(seconds=30):
                key = re.sub("[^a-z0-9]+", " ", row["title"].lower()).strip()
                kept.setdefault(key, row)
        scored = [row for row in kept.values() if not row["is_abstained"]]
        if kept:
            counts[i] = len(kept)
        if scored:
            ages = [(closed_at - r["published_at"]) / HOUR for r in scored]
            weights = 0.5 ** (np.array(ages) / PARAMETERS.sentiment_half_life_hours)
            scores = np.array([float(str(r["score"])) for r in scored])
            decayed[i] = (weights * scores).sum() / weights.sum()
            age[i] = min(ages) * 3600
    assert_close(found["sentiment_decayed"], decayed, 1e-11)
    assert_close(found["sentiment_age_s"], age, 1e-6)
    is_counted = ~np.isnan(counts)
    found_counts = values(found["count_headlines"])
    assert found_counts[is_counted].tolist() == counts[is_counted].tolist()


def test_regimes_equal_loop_over_priced_bars(lake: Path, market: Market) -> None:
    found = read(
        lake,
        "select regimes.* from regimes inner join bars using (coin, bar_closed_at) "
        "where coin = 'SOL' and has_price order by bar_closed_at",
    )
    close = market.sol["close"][~np.isnan(market.sol["close"])]
    returns = np.r_[np.nan, close[1:] / close[:-1] - 1]
    state, since = 0, 0
    paper, held = [], []
    for i in range(len(close)):
        last = returns[i - 19 : i + 1] if i >= 20 else np.array([np.nan])
        mean, deviation = last.mean(), last.std(ddof=1) if i >= 20 else np.nan
        paper.append(None if i < 20 else 1 if mean > 0 else -1)
        z = mean * math.sqrt(20) / deviation
        side = 1 if z > 1 else -1 if z < -1 else 0
        is_free = state == 0 or i - since >= PARAMETERS.regime_dwell_bars
        if side not in (0, state) and is_free:
            state, since = side, i
        held.append(state or None)
    assert found["regime"].to_list() == paper
    assert found["regime_hysteresis"].to_list() == held
    assert len({*held}) == 3


def test_volatility_regime_equals_trailing_quantiles(
    lake: Path, features: pl.DataFrame
) -> None:
    found = read(
        lake,
        "select volatility_regime as regime from regimes where coin = 'SOL' "
        "order by bar_closed_at",
    )["regime"].to_list()
    volatility = values(features["realised_volatility_24"])
    for i in range(BARS):
        last = volatility[max(0, i - 719) : i + 1]
        known = last[~np.isnan(last)]
        if np.isnan(volatility[i]) or len(known) < 200:
            assert found[i] is None
            continue
        low, high = np.quantile(known, [0.25, 0.75])
        here = volatility[i]
        assert found[i] == (
            "low" if here < low else "high" if here > high else "normal"
        )


def test_labels_look_ahead_by_time(lake: Path, market: Market) -> None:
    found = read(lake, "select * from labels where coin = 'SOL' order by bar_closed_at")
    close = market.sol["close"]
    expected = np.r_[np.log(close[24:] / close[:-24]), np.full(24, np.nan)]
    assert_close(found["label_return"], expected, 1e-12)
    known = found.filter(pl.col("label_return").is_not_null())
    delay = known["known_at"] - known["bar_closed_at"]
    assert delay.unique().to_list() == [24 * HOUR + timedelta(seconds=30)]
    assert (known["label_up"] == (known["label_return"] > 0)).all()


def test_training_rows_are_warm_labelled_and_weighted(lake: Path) -> None:
    rows = read(
        lake, "select * from training_rows where coin = 'SOL' order by bar_closed_at"
    )
    expected = read(
        lake,
        "select count(*) from features inner join labels using (coin, bar_closed_at) "
        "where coin = 'SOL' and is_warm and label_up is not null",
    )
    assert len(rows) == expected.item() > 500
    assert rows["label_up"].null_count() == 0
    weights = rows["sample_weight"].to_numpy()
    assert weights.min() >= 1 / 24 - 1e-12
    assert weights.max() <= 1
    assert np.isclose(weights[200], 1 / 24)


def test_feature_gaps_name_absent_sources(lake: Path) -> None:
    gaps = read(lake, "select * from feature_gaps where requirement = 'feature'")
    absent = gaps.filter(~pl.col("is_source_present"))
    assert set(absent["source_table"]) == {"order_flow", "lakehouse", "book_snapshots"}
    assert set(absent["status"]) == {"missing"}
    assert (absent["count_non_null"] == 0).all()
    wholly = gaps.filter(pl.col("source_table") == "clock")
    assert (wholly["null_share"] == 0).all()


def test_feature_correlations_equal_numpy(lake: Path, features: pl.DataFrame) -> None:
    found = read(lake, "select * from feature_correlations")
    warm = features.filter(pl.col("is_warm"))
    assert len(found) > 5
    for row in found.to_dicts():
        both = warm.select(row["feature_a"], row["feature_b"]).drop_nulls()
        expected = np.corrcoef(both.to_numpy().T)[0, 1]
        assert row["count_rows"] == len(both)
        assert abs(row["correlation"] - expected) < 1e-4
        # Ranks are those among a feature's own rows, as said in its column.
        ranked = warm.with_columns(
            pl.col(row["feature_a"], row["feature_b"]).rank("average")
        ).select(row["feature_a"], row["feature_b"])
        expected = np.corrcoef(ranked.drop_nulls().to_numpy().T)[0, 1]
        assert abs(row["rank_correlation"] - expected) < 1e-12
        most = max(abs(row["correlation"]), abs(row["rank_correlation"]))
        assert most >= PARAMETERS.correlation_threshold
