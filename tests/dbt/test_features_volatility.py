"""Realised measures, lags and warm-ups against plain loops over the candles."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from tests.dbt.features_lake import make_market, read

from solalpha.config import project_dir

OWN_GROUPS = ("technical", "volatility", "cross_asset", "calendar")
SHORT, LONG = 24, 168


@pytest.fixture(scope="module")
def benchmark(lake: Path) -> pl.DataFrame:
    """Features of the coin whose candles have no gap."""
    return read(
        lake, "select * from features where coin = 'BTC' order by bar_closed_at"
    )


def known_windows(values: np.ndarray, bars: int) -> list[list[float]]:
    """Known values of each row's last bars, empty where under nine tenths are."""
    found = []
    for end in range(1, len(values) + 1):
        last = [v for v in values[max(0, end - bars) : end] if not math.isnan(v)]
        found.append(last if len(last) >= math.ceil(0.9 * bars) else [])
    return found


def over_windows(values: np.ndarray, bars: int, measure: Any) -> np.ndarray:
    return np.array(
        [measure(w) if w else math.nan for w in known_windows(values, bars)]
    )


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def variance(values: list[float]) -> float:
    centre = mean(values)
    return math.fsum((v - centre) ** 2 for v in values) / (len(values) - 1)


def log_returns(close: np.ndarray) -> np.ndarray:
    return np.array(
        [math.nan] + [math.log(b / a) for a, b in itertools.pairwise(close)]
    )


def assert_equal(found: pl.Series, expected: np.ndarray, tolerance: float) -> None:
    got = found.cast(pl.Float64).fill_null(math.nan).to_numpy()
    assert np.array_equal(np.isnan(got), np.isnan(expected))
    known = ~np.isnan(expected)
    assert known.sum() > 400
    scale = np.abs(expected[known]).mean()
    assert scale > 0
    assert np.max(np.abs(got[known] - expected[known])) <= tolerance * scale


def test_rogers_satchell_candles_equals_loop(benchmark: pl.DataFrame) -> None:
    c = make_market().btc
    parts = np.array(
        [
            math.log(h / x) * math.log(h / o) + math.log(low / x) * math.log(low / o)
            for o, h, low, x in zip(
                c["open"], c["high"], c["low"], c["close"], strict=True
            )
        ]
    )
    expected = np.sqrt(over_windows(parts, SHORT, mean) * SHORT)
    assert_equal(benchmark["rogers_satchell_volatility_24"], expected, 1e-12)


def test_yang_zhang_candles_equals_loop(benchmark: pl.DataFrame) -> None:
    c = make_market().btc
    gaps = np.r_[math.nan, np.log(c["open"][1:] / c["close"][:-1])]
    bodies = np.log(c["close"] / c["open"])
    up, down = np.log(c["high"] / c["open"]), np.log(c["low"] / c["open"])
    drift_free = up * (up - bodies) + down * (down - bodies)
    weight = 0.34 / (1.34 + (SHORT + 1) / (SHORT - 1))
    expected = (
        over_windows(gaps, SHORT, variance)
        + weight * over_windows(bodies, SHORT, variance)
        + (1 - weight) * over_windows(drift_free, SHORT, mean)
    )
    assert_equal(
        benchmark["yang_zhang_volatility_24"], np.sqrt(expected * SHORT), 1e-11
    )


def test_semivariances_gaps_equal_loop(features: pl.DataFrame) -> None:
    returns = log_returns(make_market().sol["close"])
    gains = over_windows(
        returns, SHORT, lambda w: mean([r * r if r > 0 else 0.0 for r in w])
    )
    losses = over_windows(
        returns, SHORT, lambda w: mean([r * r if r < 0 else 0.0 for r in w])
    )
    assert_equal(features["upside_volatility_24"], np.sqrt(gains * SHORT), 1e-12)
    assert_equal(features["downside_volatility_24"], np.sqrt(losses * SHORT), 1e-12)
    assert_equal(features["signed_jump_variation_24"], (gains - losses) * SHORT, 1e-12)


def test_har_terms_gaps_equal_loop(features: pl.DataFrame) -> None:
    squares = log_returns(make_market().sol["close"]) ** 2
    assert_equal(features["har_variance_1"], squares, 1e-12)
    assert_equal(features["har_variance_24"], over_windows(squares, SHORT, mean), 1e-12)
    assert_equal(features["har_variance_168"], over_windows(squares, LONG, mean), 1e-12)


def test_higher_moments_gaps_equal_loop(features: pl.DataFrame) -> None:
    returns = log_returns(make_market().sol["close"])
    squares = over_windows(returns, LONG, lambda w: mean([r**2 for r in w]))
    cubes = over_windows(returns, LONG, lambda w: mean([r**3 for r in w]))
    fourths = over_windows(returns, LONG, lambda w: mean([r**4 for r in w]))
    assert_equal(features["realised_skewness_168"], cubes / squares**1.5, 1e-11)
    assert_equal(features["realised_kurtosis_168"], fourths / squares**2, 1e-11)


def test_volatility_of_volatility_gaps_equals_loop(features: pl.DataFrame) -> None:
    squares = log_returns(make_market().sol["close"]) ** 2
    volatility = np.sqrt(over_windows(squares, SHORT, mean) * SHORT)
    expected = over_windows(
        volatility, LONG, lambda w: math.sqrt(variance(w)) / mean(w)
    )
    assert_equal(features["volatility_of_volatility_168"], expected, 1e-10)


@pytest.mark.parametrize("lag", [1, 2, 4])
def test_benchmark_lags_are_its_earlier_returns(
    features: pl.DataFrame, lag: int
) -> None:
    returns = log_returns(make_market().btc["close"])
    expected = np.r_[np.full(lag, math.nan), returns[:-lag]]
    assert_equal(features[f"benchmark_return_lag_{lag}"], expected, 1e-12)


@pytest.mark.parametrize("bars", [1, 4, 24])
def test_relative_strength_is_the_difference(features: pl.DataFrame, bars: int) -> None:
    market = make_market()
    own, other = (
        np.r_[np.full(bars, math.nan), np.log(close[bars:] / close[:-bars])]
        for close in (market.sol["close"], market.btc["close"])
    )
    assert_equal(features[f"relative_strength_{bars}"], own - other, 1e-12)


@pytest.mark.parametrize("bars", [1, 4, 24])
def test_residual_is_what_beta_leaves(features: pl.DataFrame, bars: int) -> None:
    market = make_market()
    own, other = log_returns(market.sol["close"]), log_returns(market.btc["close"])
    expected = np.full(len(own), math.nan)
    for row in range(LONG, len(own)):
        pairs = [
            (x, y)
            for x, y in zip(
                other[row - LONG + 1 : row + 1],
                own[row - LONG + 1 : row + 1],
                strict=True,
            )
            if not math.isnan(x) and not math.isnan(y)
        ]
        centre_x, centre_y = mean([x for x, _ in pairs]), mean([y for _, y in pairs])
        beta = math.fsum((x - centre_x) * (y - centre_y) for x, y in pairs) / math.fsum(
            (x - centre_x) ** 2 for x, _ in pairs
        )
        over = [
            math.log(c["close"][row] / c["close"][row - bars])
            for c in (market.sol, market.btc)
        ]
        expected[row] = over[0] - beta * over[1]
    found = features[f"residual_return_{bars}"]
    assert_equal(
        pl.concat([pl.Series([None] * LONG, dtype=pl.Float64), found[LONG:]]),
        expected,
        1e-10,
    )


def own_metas() -> dict[str, dict[str, Any]]:
    """Meta of each feature that follows from prices or the clock alone."""
    path = project_dir() / "models" / "marts" / "features" / "_models.yml"
    models = yaml.safe_load(path.read_text())["models"]
    columns = next(m["columns"] for m in models if m["name"] == "features")
    metas = {column["name"]: column["config"]["meta"] for column in columns}
    return {
        name: meta
        for name, meta in metas.items()
        if meta.get("feature_group") in OWN_GROUPS
        and meta["source_table"] in ("bars", "benchmark_bars", "clock")
    }


def own_features() -> dict[str, int]:
    """Their warm-ups."""
    return {name: meta["warmup_bars"] for name, meta in own_metas().items()}


def own_groups() -> dict[str, str]:
    """Their groups."""
    return {name: meta["feature_group"] for name, meta in own_metas().items()}


COMPARED = [name for name, group in own_groups().items() if group == "cross_asset"]


def test_warm_up_no_gap_is_what_the_meta_says(
    benchmark: pl.DataFrame, features: pl.DataFrame
) -> None:
    stated = own_features()
    assert len(stated) >= 80
    found = {}
    for name in set(stated) - set(COMPARED):
        is_known = benchmark[name].is_not_null()
        first = is_known.arg_max()
        found[name] = first if is_known[first:].all() else f"{first}, then null again"
    # The benchmark is not compared with itself, and the coin that is has gaps later on.
    for name in COMPARED:
        assert benchmark[name].null_count() == benchmark.height
        found[name] = features[name].is_not_null().arg_max()
    assert found == stated


def test_new_measures_are_no_copies(benchmark: pl.DataFrame) -> None:
    """No two of the volatility features are one another's line, scaled or shifted."""
    names = [name for name in own_features() if benchmark[name].null_count() < 200]
    warm = benchmark.select(names)[200:].to_numpy()
    varying = [i for i in range(len(names)) if np.std(warm[:, i]) > 0]
    matrix = np.abs(np.corrcoef(warm[:, varying].T))
    own_pairs = {
        (names[varying[i]], names[varying[j]])
        for i, j in zip(*np.where(np.triu(matrix, 1) > 1 - 1e-12), strict=True)
    }
    assert own_pairs == set()
