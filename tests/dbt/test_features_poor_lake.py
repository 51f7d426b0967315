"""The guards let an honest lake pass that lacks much of what features are made from.

One price a bar and no volume, funding every eight hours, contexts by day only and of
two columns, one headline a day.
"""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from tests.dbt.features_lake import (
    HOUR,
    Market,
    _candle_rows,
    _context_rows,
    _headline_rows,
    make_market,
    run_dbt,
    write_raw,
)

GUARDS = (
    "assert_features_vary",
    "assert_features_differ",
    "assert_features_follow_their_source",
    "assert_excuses_are_sound",
)
SMALL = {"guard_least_bars": 300, "correlation_least_rows": 50}
NEEDED = ("open_interest", "premium", "funding_rate")


def write_poor(market: Market, data_dir: Path) -> None:
    closed = pl.Series(market.closed_at, dtype=pl.Datetime("us", "UTC"))
    candles = _candle_rows("SOL", market.sol, closed).with_columns(
        pl.col("close").alias(name) for name in ("open", "high", "low")
    )
    write_raw(data_dir, "candles", candles.drop("volume"), until=None)
    settled = pl.DataFrame({"event_at": closed, "funding_rate": market.funding_rate})
    settled = settled.filter(pl.col("event_at").dt.hour() % 8 == 0).with_columns(
        coin=pl.lit("SOL"),
        interval_hours=pl.lit(8),
        available_at=pl.col("event_at") + timedelta(seconds=60),
    )
    write_raw(data_dir, "funding_rates", settled, until=None)
    contexts = _context_rows(market.sol, closed).drop(NEEDED)
    contexts = contexts.filter(pl.col("event_at").dt.hour() < 12)
    write_raw(data_dir, "asset_contexts", contexts, until=None)
    headlines = market.headlines.with_columns(
        published_at=pl.col("published_at").dt.truncate("1d")
    ).unique("published_at", keep="first", maintain_order=True)
    headlines = headlines.with_columns(
        title=pl.col("headline_id"), available_at=pl.col("published_at") + HOUR
    )
    write_raw(data_dir, "headlines", _headline_rows(headlines), until=None)
    folder = data_dir / "scores" / "lexicon"
    folder.mkdir(parents=True)
    scores = market.scores.with_columns(is_abstained=pl.lit(False))
    scores.write_parquet(folder / "part-0.parquet")


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("poor")
    market = make_market()
    write_poor(replace(market, btc={}), data_dir)
    asked = ["run", "--select", "+feature_gaps", "+feature_correlations"]
    run_dbt(data_dir, asked, variables=SMALL)
    return data_dir


def read(data_dir: Path, sql: str) -> list[tuple[object, ...]]:
    path = data_dir / "warehouse" / "solalpha.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_guards_pass(poor: Path) -> None:
    run_dbt(poor, ["test", "--select", *GUARDS], variables=SMALL)


def test_missing_columns_are_named_with_what_to_ingest(poor: Path) -> None:
    rows = read(
        poor,
        "select feature, missing_columns, remedy from feature_gaps "
        "where requirement = 'feature' and missing_columns is not null "
        "and source_table in ('bars', 'asset_contexts') order by feature",
    )
    found = {feature: missing for feature, missing, _ in rows}
    assert found == {
        "estimated_funding_rate": "estimated_funding_rate",
        "funding_estimate_gap": "estimated_funding_rate",
        "obv_change_24": "volume",
        "open_interest_change_1": "open_interest_base",
        "open_interest_change_24": "open_interest_base",
        "open_interest_change_4": "open_interest_base",
        "open_interest_quadrant_24": "open_interest_base",
        "open_interest_quadrant_4": "open_interest_base",
        "open_interest_to_volume_24": "open_interest_base, volume",
        "premium_last": "premium",
        "premium_mean_24": "premium",
        "volume_24_to_168": "volume",
    }
    assert rows[0][2] == "ingest a source that has estimated_funding_rate"


def test_holes_are_counted_against_the_warm_up(poor: Path) -> None:
    ((at_once, after_a_day, present),) = read(
        poor,
        "select max(count_expected_bars) filter (feature = 'basis_bps'), "
        "max(count_expected_bars) filter (feature = 'basis_mean_24'), "
        "max(count_source_bars) filter (feature = 'basis_mean_24') "
        "from feature_gaps where requirement = 'feature'",
    )
    # Twelve contexts on each of 38 days, and no stretch as long as 21 bars.
    assert at_once == present == 38 * 12
    assert after_a_day == 0


def test_unknown_is_null_and_never_zero(poor: Path) -> None:
    names = (
        "volume_24_to_168, obv_change_24, open_interest_change_1, trade_imbalance, "
        "open_interest_quadrant_4, premium_last, vpin_50, benchmark_return_1, "
        "kyle_lambda_24, effective_spread_bps, sentiment_deviation, spread_bps_mean"
    )
    columns = ", ".join(f"count({name})" for name in names.split(", "))
    (counts,) = read(poor, f"select {columns} from features where coin = 'SOL'")
    assert counts == (0,) * 12


def test_benchmark_is_not_compared_with_itself(poor: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "lake"
    shutil.copytree(poor, data_dir)
    own = {**SMALL, "benchmark_coin": "SOL"}
    changed = ["int_returns_compared_to_bars", "features"]
    research = ["feature_gaps", "feature_correlations"]
    run_dbt(data_dir, ["run", "--select", *changed, *research], variables=own)
    names = ("benchmark_return_1", "benchmark_beta_168", "residual_return_24")
    columns = ", ".join(f"count({name})" for name in (*names, "return_1"))
    (counts,) = read(data_dir, f"select {columns} from features where coin = 'SOL'")
    assert counts[:3] == (0, 0, 0)
    assert counts[3] != 0
    run_dbt(data_dir, ["test", "--select", *GUARDS], variables=own)
