"""The worked queries of docs/analysts.md, run on the small market.

Each is compared with facts that do not come from the query: counts that the sample's
length gives, identities, and the same figure computed in Polars.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from tests.integration.program import SAMPLE_DAYS, Done

import solalpha
from solalpha.warehouse.published import Published

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
ANALYSES = ROOT / "dbt_project" / "analyses"
QUERIES = {
    text.split("\n", 1)[0].removeprefix("-- "): text
    for text in re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
}
BARS = SAMPLE_DAYS * 24
HORIZON = 24
WARMUP = 200
STARTED = datetime.fromisoformat("2025-07-01T00:00+00:00") - timedelta(days=SAMPLE_DAYS)


@pytest.fixture(scope="module")
def tables(done: Done) -> Iterator[Published]:
    # Other tests publish later versions; this one is kept beside them.
    file = f"{done.facts['build_id']}.duckdb"
    with solalpha.open(done.data_dir / "warehouse" / "versions" / file) as tables:
        yield tables


def ask(tables: Published, name: str) -> pl.DataFrame:
    return tables.sql(QUERIES[name])


def only(frame: pl.DataFrame) -> dict[str, Any]:
    assert frame.height == 1
    return frame.row(0, named=True)


def total(frame: pl.DataFrame, column: str) -> int:
    return int(frame[column].sum())


# --- the page and the analyses are one ------------------------------------


def test_page_shows_each_analysis_as_it_stands() -> None:
    assert len(QUERIES) >= 20
    assert {file.stem for file in ANALYSES.glob("*.sql")} == set(QUERIES)
    for name, shown in QUERIES.items():
        kept = (ANALYSES / f"{name}.sql").read_text(encoding="utf-8")
        bare = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", kept)
        assert bare.split("\n", 1)[1] == shown.split("\n", 1)[1], name


def test_every_query_of_the_page_has_a_test_of_its_own() -> None:
    tested = set(re.findall(r'ask\(tables, "(\w+)"\)', Path(__file__).read_text()))
    assert tested == set(QUERIES)


# --- finding one's way ----------------------------------------------------


def test_version(tables: Published) -> None:
    row = only(ask(tables, "version"))
    assert row["build_id"] == tables.build_id == tables.path.stem
    assert (row["bar_minutes"], row["label_horizon_bars"]) == ("60", "24")


def test_columns_about(tables: Published) -> None:
    found = ask(tables, "columns_about")
    rates = found.filter(column_name="funding_rate", model="funding_hours")
    assert rates.height == 1
    for name, text in found.select("column_name", "description").iter_rows():
        assert "funding" in f"{name} {text}".lower()


def test_coverage_by_source(tables: Published) -> None:
    found = ask(tables, "coverage_by_source")
    # The simulator leaves no hole.
    assert set(found["count_steps_missing"]) == {0}
    assert set(found["present_share"]) == {1.0}
    assert set(found["coin"]) == {"BTC", "SOL"}


def test_quality_verdicts(tables: Published) -> None:
    found = ask(tables, "quality_verdicts")
    assert set(found["verdict"]) <= {"PASS", "WARN", "FAIL"}
    for coin in ("BTC", "SOL"):
        rows = found.filter(coin=coin)
        assert total(rows, "count_bars") == BARS
        assert rows["bar_share"].sum() == pytest.approx(1, abs=3e-4)


# --- bars -----------------------------------------------------------------


def test_daily_candles(tables: Published) -> None:
    found = ask(tables, "daily_candles")
    hourly = tables.bars("SOL")
    assert found.height == SAMPLE_DAYS
    first = hourly.filter(pl.col("bar_closed_at") <= STARTED + timedelta(days=1))
    row = found.row(0, named=True)
    assert row["bar_closed_at"] == STARTED + timedelta(days=1)
    assert row["open"] == first["open"][0]
    assert row["high"] == first["high"].max()
    assert row["low"] == first["low"].min()
    assert row["close"] == first["close"][-1]
    assert row["volume"] == pytest.approx(cast("float", first["volume"].sum()))
    assert row["decided_at"] - row["bar_closed_at"] == timedelta(seconds=30)


def test_bar_gaps(tables: Published) -> None:
    # No hole in the sample; the next test plants some.
    assert ask(tables, "bar_gaps").is_empty()


def test_bar_gaps_finds_planted_runs(tables: Published) -> None:
    def at(hour: int) -> str:
        return f"timestamp '{STARTED:%Y-%m-%d}' + interval {hour} hour"

    planted = (
        "(select coin, has_price and not (coin = 'SOL' and bar_opened_at in "
        f"({at(0)}, {at(5)}, {at(6)})) as has_price, bar_opened_at, bar_closed_at "
        "from bars)"
    )
    found = tables.sql(QUERIES["bar_gaps"].replace("from bars", f"from {planted}"))
    assert found.rows() == [
        ("SOL", STARTED, STARTED + timedelta(hours=1), 1),
        ("SOL", STARTED + timedelta(hours=5), STARTED + timedelta(hours=7), 2),
    ]


def test_volatility_by_hour(tables: Published) -> None:
    found = ask(tables, "volatility_by_hour")
    assert found["hour_of_day"].to_list() == list(range(24))
    # The first bar has no return.
    assert found["count_returns"].to_list() == [SAMPLE_DAYS - 1] + [SAMPLE_DAYS] * 23
    closes = tables.bars("SOL", columns=["close", "bar_opened_at"])
    noon = (
        closes.with_columns(step=pl.col("close").log().diff())
        .filter(pl.col("bar_opened_at").dt.hour() == 12)["step"]
        .to_list()
    )
    wanted = math.sqrt(sum(step * step for step in noon) / len(noon))
    assert found["realised_volatility"][12] == pytest.approx(wanted, rel=1e-9)


def test_correlation_by_month(tables: Published) -> None:
    found = ask(tables, "correlation_by_month")
    # Each coin's first bar has no return, and corr leaves it out.
    assert total(found, "count_bars") == BARS
    may = tables.features(
        since="2025-05-01", until="2025-06-01", columns=["return_1"]
    ).pivot("coin", index="bar_closed_at", values="return_1")
    wanted = may.drop_nulls().select(pl.corr("SOL", "BTC")).item()
    assert found["correlation"][1] == pytest.approx(wanted, rel=1e-9)


# --- point in time --------------------------------------------------------


def test_features_at_a_moment(tables: Published) -> None:
    row = only(ask(tables, "features_at_a_moment"))
    noon = datetime.fromisoformat("2025-06-01T12:00+00:00")
    assert row["bar_closed_at"] == noon - timedelta(hours=1)
    assert row["decided_at"] == noon - timedelta(hours=1) + timedelta(seconds=30)
    kept = tables.features("SOL", since=row["bar_closed_at"], until=noon)
    assert kept["rsi_14"].to_list() == [row["rsi_14"]]


def test_regime_at_each_fill(tables: Published) -> None:
    found = ask(tables, "regime_at_each_fill")
    assert found.height == tables.sql("select count(*) from backtest_trades").item()
    is_decided = pl.col("reason") != "stop"
    # The regime of the decision's own bar; a stop reads the one of the bar before.
    asked = found.filter(is_decided)
    assert asked.height > 0
    assert asked["regime_decided_at"].to_list() == asked["decided_at"].to_list()
    gap = (found["decided_at"] - found["regime_decided_at"]).to_list()
    assert all(timedelta(0) <= age < timedelta(hours=1) for age in gap)


def test_training_rows_known(tables: Published) -> None:
    row = only(ask(tables, "training_rows_known"))
    assert row["count_known"] == row["count_by_macro"]
    # 24 bars of horizon, and the last one's label is decided 30 s after the cut.
    assert row["count_by_label"] - row["count_known"] == HORIZON + 1


# --- features and labels --------------------------------------------------


def test_feature_requirements(tables: Published) -> None:
    found = ask(tables, "feature_requirements")
    assert set(found["status"]) <= {"present", "missing", "derived"}
    every = tables.sql("select count(*) from feature_gaps").item()
    assert total(found, "count_names") == every
    assert any("paper" in name for name in found["requirement"])


def test_information_coefficients(tables: Published) -> None:
    found = ask(tables, "information_coefficients")
    assert found.height == 6
    rows = tables.training_rows("SOL").filter(pl.col("bar_closed_at").dt.hour() == 0)
    # Warm-up takes 200 hours off the front, the horizon a day off the end.
    assert found["count_days"].max() == rows.height == SAMPLE_DAYS - 1 - WARMUP // 24
    for feature, coefficient, count in found.select(
        "feature", "information_coefficient", "count_days"
    ).iter_rows():
        wanted = (
            rows.drop_nulls(feature)
            .select(
                pl.corr(pl.col(feature).rank("min"), pl.col("label_return").rank("min"))
            )
            .item()
        )
        if count == rows.height:
            assert coefficient == pytest.approx(wanted, rel=1e-9), feature
    assert all(abs(value) <= 1 for value in found["information_coefficient"])


def test_feature_families(tables: Published) -> None:
    found = ask(tables, "feature_families")
    assert found.height > 0
    for count, features, one in found.select(
        "count_features", "features", "representative"
    ).iter_rows():
        names = features.split(", ")
        assert len(names) == count > 1
        assert one in names
    pairs = tables.sql("select feature_a, feature_b from feature_correlations")
    family = {
        name: row["cluster_name"]
        for row in found.iter_rows(named=True)
        for name in row["features"].split(", ")
    }
    assert all(family[a] == family[b] for a, b in pairs.iter_rows())


def test_feature_worth(tables: Published, done: Done) -> None:
    found = ask(tables, "feature_worth")
    assert found["contribution_rank"].to_list() == sorted(found["contribution_rank"])
    for row in found.iter_rows(named=True):
        assert row["contribution_low"] <= row["contribution_high"]
        assert row["is_worth_it"] == (row["contribution_low"] > 0)
    read = tables.sql(
        "select feature from feature_contributions where model_id = ?",
        [done.facts["model_id"]],
    )
    assert set(found["feature"]) == set(read["feature"])


def test_drifted_features(tables: Published) -> None:
    found = ask(tables, "drifted_features")
    assert all(abs(drift) > 1 for drift in found["drift"])
    recent = tables.features("SOL")["bar_closed_at"].max()
    assert isinstance(recent, datetime)
    for feature, mean in found.select("feature", "recent_mean").head(3).iter_rows():
        values = tables.features("SOL", since=recent - timedelta(days=30))[feature]
        assert values[1:].mean() == pytest.approx(mean, rel=1e-9)


# --- regimes and sentiment ------------------------------------------------


def test_returns_by_regime(tables: Published) -> None:
    found = ask(tables, "returns_by_regime")
    known = tables.sql(
        "select count(*) from labels where coin = 'SOL' and label_return is not null"
    ).item()
    assert total(found, "count_bars") == known == BARS - HORIZON
    assert set(found["regime"].drop_nulls()) == {-1, 1}
    assert set(found["volatility_regime"].drop_nulls()) <= {"low", "normal", "high"}


def test_longest_spells(tables: Published) -> None:
    found = ask(tables, "longest_spells")
    assert found.height == 10
    counts = found["count_bars"].to_list()
    assert counts == sorted(counts, reverse=True)
    for row in found.iter_rows(named=True):
        hours = (row["ended_at"] - row["started_at"]) / timedelta(hours=1)
        assert hours + 1 == row["count_bars"]


def test_returns_by_sentiment(tables: Published) -> None:
    found = ask(tables, "returns_by_sentiment").filter(
        pl.col("sentiment_third").is_not_null()
    )
    assert found["sentiment_third"].to_list() == [1, 2, 3]
    counts = found["count_bars"].to_list()
    assert max(counts) - min(counts) <= 1
    means = found["mean_sentiment"].to_list()
    assert means == sorted(means)
    assert -1 <= means[0] <= means[2] <= 1


# --- funding --------------------------------------------------------------


def test_funding_by_hand(tables: Published) -> None:
    found = ask(tables, "funding_by_hand")
    assert found["count_due"].to_list() == [168, 168]
    assert found["count_missing"].to_list() == [0, 0]
    for paid, yearly in found.select("paid_usd", "mean_rate_per_year").iter_rows():
        # 168 hours on 1000 USD: the year's rate times a week's share of 365 days.
        assert paid == pytest.approx(1000 * yearly * 168 / 8760, rel=1e-9)


def test_funding_of_holding(tables: Published) -> None:
    found = ask(tables, "funding_of_holding")
    assert found["coin"].to_list() == ["BTC", "SOL"]
    hours = tables.sql(
        "select coin, funding_hour_at, funding_rate from funding_hours "
        "order by coin, funding_hour_at"
    )
    for row in found.iter_rows(named=True):
        rates = hours.filter(coin=row["coin"])["funding_rate"].to_list()
        # From just after each settlement: the next 168 of them.
        weeks = [sum(rates[n + 1 : n + 169]) for n in range(len(rates) - 168)]
        assert row["count_known"] == len(weeks)
        assert row["mean_7d"] == pytest.approx(sum(weeks) / len(weeks), rel=1e-9)
        assert row["worst_7d"] == pytest.approx(max(weeks), rel=1e-9)
        assert row["mean_per_year"] == pytest.approx(365 * row["mean_1d"], rel=1e-12)


def test_funding_formula_check(tables: Published) -> None:
    found = ask(tables, "funding_formula_check")
    assert set(found["coin"]) == {"BTC", "SOL"}
    settled = tables.sql(
        "select count(*) from funding_hours where funding_rate is not null"
    ).item()
    assert total(found, "count_settlements") == settled
    assert (found["count_with_premium"] <= found["count_settlements"]).all()


# --- models, backtests, trading -------------------------------------------


def test_calibration(tables: Published) -> None:
    found = ask(tables, "calibration")
    assert found["fifth"].to_list() == [1, 2, 3, 4, 5]
    means = found["mean_probability"].to_list()
    assert means == sorted(means)
    assert all(0 < mean < 1 for mean in means)
    assert all(0 <= share <= 1 for share in found["up_share"])
    counts = found["count_bars"].to_list()
    assert max(counts) - min(counts) <= 1


def test_backtest_verdict(tables: Published, done: Done) -> None:
    row = only(ask(tables, "backtest_verdict"))
    told = done.facts["backtest"]
    assert row["run_id"] == told["run_id"]
    assert row["verdict"] == done.facts["verdict"]
    assert row["total_return"] == pytest.approx(told["total_return"], rel=1e-12)
    if row["sharpe"] is not None:
        assert row["sharpe_again"] == pytest.approx(row["sharpe"], rel=1e-9)
    assert row["max_drawdown_again"] == pytest.approx(row["max_drawdown"], abs=1e-12)


def test_backtest_by_month(tables: Published) -> None:
    found = ask(tables, "backtest_by_month")
    equity = tables.sql(
        "select bar_closed_at, equity_usd from backtest_equity order by bar_closed_at"
    )
    months = equity["bar_closed_at"].dt.truncate("1mo").unique(maintain_order=True)
    assert found["month_at"].to_list() == months.to_list()
    first = equity.filter(pl.col("bar_closed_at").dt.truncate("1mo") == months[0])
    wanted = first["equity_usd"][-1] / first["equity_usd"][0] - 1
    assert found["strategy_return"][0] == pytest.approx(wanted, abs=1e-12)
    assert all(0 <= share <= 1 for share in found["share_in_market"])


def test_deepest_drawdown(tables: Published, done: Done) -> None:
    row = only(ask(tables, "deepest_drawdown"))
    told = done.facts["backtest"]["max_drawdown"]
    assert row["drawdown"] == pytest.approx(told, abs=1e-12)
    assert row["hours_under_water"] == (
        (row["bottom_at"] - row["peak_at"]) / timedelta(hours=1)
    )


def test_trade_costs(tables: Published, done: Done) -> None:
    found = ask(tables, "trade_costs")
    assert total(found, "count_trades") == done.facts["backtest"]["trades"]
    # The taker's base tier is 0.045 % of notional: 4.5 basis points.
    assert found["fee_bps"].to_list() == pytest.approx([4.5] * found.height)
    fees = float((found["fee_bps"] * found["notional_usd"]).sum()) / 1e4
    assert fees == pytest.approx(done.facts["backtest"]["fees_usd"], rel=1e-9)


def test_why_no_trade(tables: Published) -> None:
    found = ask(tables, "why_no_trade")
    decisions = tables.sql("select decision_id, gates from decisions")
    wanted = sum(len(json.loads(gates)) for gates in decisions["gates"])
    assert found.height == wanted > 0
    assert set(found["decision_id"]) == set(decisions["decision_id"])
    assert {"probability", "quality"} <= set(found["gate"])
