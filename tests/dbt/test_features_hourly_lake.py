"""An adopted lakehouse of one row a bar builds, and hides no copy beside it."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from tests.dbt.features_lake import (
    BARS,
    START,
    _candle_rows,
    make_market,
    read,
    run_dbt,
    write_raw,
)

from solalpha.config import load_parameters, load_paths
from solalpha.raw.lakehouse import adopt
from solalpha.raw.schemas import ORDER_FLOW_COLUMNS

VARY = "assert_features_vary"
DIFFER = "assert_features_differ"
FOLLOW = "assert_features_follow_their_source"
LEAST = 300
SMALL = {"guard_least_bars": LEAST, "correlation_least_rows": 50}
IN_USD = ("best_", "mid_price", "bid_vwap", "ask_vwap", "vwap_mid", "btc_close")
POSITIVE = ("spread", "volume", "avg_", "bid_slope", "ask_slope", "depth_spread")


def write_hourly(data_dir: Path) -> None:
    """SOL and BTC candles, and a lakehouse whose files have one row in each hour."""
    market = make_market()
    closed = pl.Series(market.closed_at, dtype=pl.Datetime("us", "UTC"))
    candles = [
        _candle_rows(coin, values, closed)
        for coin, values in (("SOL", market.sol), ("BTC", market.btc))
    ]
    write_raw(data_dir, "candles", pl.concat(candles), until=None)
    frame = _order_flow(np.random.default_rng(4))
    root = data_dir / "lakehouse"
    for (month,), rows in frame.group_by(pl.col("timestamp").dt.month()):
        folder = root / "consolidated" / "SOL" / "year=2024" / f"month={month:02d}"
        folder.mkdir(parents=True)
        rows.sort("timestamp").write_parquet(folder / "hours.parquet")
    adopt(load_paths(data_dir), load_parameters({}), root, None)


def _order_flow(rng: np.random.Generator) -> pl.DataFrame:
    moments = [START + timedelta(hours=i, minutes=30) for i in range(BARS)]
    bid = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, BARS))), 2)
    columns: dict[str, object] = {"timestamp": moments}
    for name in ORDER_FLOW_COLUMNS:
        values = rng.uniform(-1, 1, BARS)
        if name.startswith(IN_USD):
            values = bid * (1 + rng.uniform(0, 1e-4, BARS))
        elif any(part in name for part in POSITIVE):
            values = np.exp(values)
        columns[name] = values
    columns |= {
        "best_bid": bid,
        "best_ask": bid + 0.02,
        "spread": rng.uniform(0.01, 0.05, BARS),
        "btc_high": 60_100 + rng.uniform(0, 90, BARS),
        "btc_low": 60_000 - rng.uniform(0, 90, BARS),
        "hour": [moment.hour for moment in moments],
        "day_of_week": [moment.weekday() for moment in moments],
        "is_us_open": [13 <= moment.hour < 21 for moment in moments],
        "golden_cross": (rng.random(BARS) < 0.5).astype(float),
    }
    return pl.DataFrame(columns)


@pytest.fixture(scope="module")
def hourly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the lake; its guards pass."""
    data_dir = tmp_path_factory.mktemp("hourly")
    write_hourly(data_dir)
    asked = ["run", "--select", "+feature_gaps", "+feature_correlations"]
    run_dbt(data_dir, asked, variables=SMALL)
    run_dbt(data_dir, ["test", "--select", VARY, DIFFER, FOLLOW], variables=SMALL)
    return data_dir


def violations(guard: str, hourly: Path, folder: Path, spoil: str) -> list[str]:
    """Spoil a copy of the warehouse, and run a guard's query on it."""
    path = folder / "solalpha.duckdb"
    shutil.copy(hourly / "warehouse" / path.name, path)
    compiled = next((hourly / "dbt").rglob(f"compiled/**/{guard}.sql"))
    with duckdb.connect(str(path)) as connection:
        connection.execute(spoil)
        found = connection.execute(compiled.read_text(encoding="utf-8")).fetchall()
    return [text.split(" in ")[0] for (text,) in found]


def test_one_row_is_its_own_mean_and_has_no_slope(hourly: Path) -> None:
    counts = read(
        hourly,
        """
        select
            count_if(count_rows = 1),
            count_if(abs(spread_bps_last - spread_bps_mean) < 1e-9),
            count_if(spread_bps_deviation = 0),
            count(spread_bps_slope),
        from int_order_flow_aggregated_to_bars
        """,
    ).row(0)
    assert counts == (BARS, BARS, BARS, 0)


@pytest.mark.parametrize(
    ("guard", "spoil", "expected"),
    [
        (VARY, "update features set sma_diff_1h_last = 3", "sma_diff_1h_last is 3.0"),
        (
            DIFFER,
            "update features set roc_4h_last = slope_imbalance_mean; "
            "insert into feature_correlations (feature_a, feature_b, correlation) "
            "values ('roc_4h_last', 'slope_imbalance_mean', 1)",
            "slope_imbalance_mean equals roc_4h_last",
        ),
        (
            FOLLOW,
            "update feature_gaps set count_non_null = 0 where feature = 'btc_range'",
            "btc_range has no value",
        ),
    ],
)
def test_other_features_are_judged(
    hourly: Path, tmp_path: Path, guard: str, spoil: str, expected: str
) -> None:
    assert violations(guard, hourly, tmp_path, spoil) == [expected]


@pytest.mark.parametrize(
    ("guard", "pattern", "count"),
    [
        (VARY, r"\w+_(deviation|5_variation) is 0.0", 22),
        (DIFFER, r"(\w+)(_last|_bps) equals \1(_bps)?_mean.*", 19),
        (FOLLOW, r"\w+_slope has no value", 19),
    ],
)
def test_statistics_are_judged_from_enough_bars_of_several_rows(
    hourly: Path, tmp_path: Path, guard: str, pattern: str, count: int
) -> None:
    # So many warm bars say that they hold two rows, although their values are of one.
    spoil = """
    update int_order_flow_aggregated_to_bars set count_rows = 2
    where bar_closed_at in (
        select bar_closed_at from features
        where coin = 'SOL' and is_warm order by bar_closed_at limit {}
    )
    """
    assert violations(guard, hourly, tmp_path, spoil.format(LEAST - 1)) == []
    found = violations(guard, hourly, tmp_path, spoil.format(LEAST))
    assert len(found) == count
    assert all(re.fullmatch(pattern, text) for text in found)


def test_gaps_name_rows_as_what_is_missing(hourly: Path) -> None:
    rows = read(
        hourly,
        """
        select feature, remedy from feature_gaps
        where
            requirement = 'feature' and status = 'missing'
            and source_table = 'order_flow'
        """,
    )
    assert rows.height == 19
    assert rows["feature"].str.ends_with("_slope").all()
    (remedy,) = rows["remedy"].unique()
    assert remedy == (
        "ingest order flow of more than one row a bar: one row has no slope, a "
        "deviation of 0, and its mean as last value"
    )
