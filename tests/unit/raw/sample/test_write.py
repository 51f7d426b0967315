from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.raw import lake
from solalpha.raw.sample import SampleSummary, write_sample

START = datetime(2025, 1, 30, tzinfo=UTC)
REPOSITORY = Path(__file__).resolve().parents[4]
CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from solalpha.config import Paths, load_parameters
from solalpha.raw.sample import write_sample
write_sample(
    Paths(data_dir=Path(sys.argv[1])), load_parameters(), days=3, seed=5, edge=1.0,
    book_interval_s=600, outages_per_year=0.0,
    start_at=datetime(2025, 1, 30, tzinfo=UTC), progress=None,
)
"""


def write(paths: Paths, parameters: Parameters, **changes: Any) -> SampleSummary:
    arguments: dict[str, Any] = {
        "days": 3,
        "seed": 5,
        "edge": 1.0,
        "book_interval_s": 600,
        "outages_per_year": 0.0,
        "start_at": START,
        "progress": None,
    }
    return write_sample(paths, parameters, **{**arguments, **changes})


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory, parameters: Parameters
) -> tuple[Paths, SampleSummary]:
    paths = Paths(data_dir=tmp_path_factory.mktemp("sample"))
    return paths, write(paths, parameters)


def names(paths: Paths) -> list[str]:
    # The names carry the content, so that equal names are equal bytes.
    return sorted(str(p.relative_to(paths.raw)) for p in paths.raw.rglob("*.parquet"))


def column(frame: pl.DataFrame, name: str) -> np.ndarray[Any, Any]:
    return frame[name].cast(pl.Float64).to_numpy()


def test_summary_counts_what_the_lake_holds(
    written: tuple[Paths, SampleSummary],
) -> None:
    paths, summary = written
    rows = dict.fromkeys(summary.rows, 0)
    for table in lake.tables(paths):
        rows[table.table] += table.rows
    assert rows == summary.rows
    assert summary.rows["book_snapshots"] == 3 * 144
    assert summary.rows["candles"] == summary.rows["funding_rates"] == 2 * 72
    assert summary.rows["asset_contexts"] == 3 * (288 + 144)
    assert (summary.first_at, summary.last_at) == (START, START + timedelta(days=3))
    assert lake.origin(paths) == "sample"


def test_same_arguments_give_the_same_bytes_in_any_zone_and_threads(
    written: tuple[Paths, SampleSummary], tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "TZ": "Asia/Tokyo",
        "POLARS_MAX_THREADS": "1",
        "PYTHONPATH": str(REPOSITORY / "py"),
    }
    subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], check=True, env=environment
    )
    assert names(Paths(data_dir=tmp_path)) == names(written[0])


def test_second_call_adds_nothing(
    written: tuple[Paths, SampleSummary], parameters: Parameters
) -> None:
    paths, summary = written
    before = names(paths)
    assert write(paths, parameters) == summary
    assert names(paths) == before


def test_interrupted_sample_is_written_to_its_end(
    written: tuple[Paths, SampleSummary], parameters: Parameters, paths: Paths
) -> None:
    class StopError(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        if done == 4:
            raise StopError

    with pytest.raises(StopError):
        write(paths, parameters, progress=stop)
    assert names(paths) != names(written[0])
    assert write(paths, parameters) == written[1]
    assert names(paths) == names(written[0])


def test_book_interval_does_not_change_prices(
    written: tuple[Paths, SampleSummary], parameters: Parameters, paths: Paths
) -> None:
    write(paths, parameters, book_interval_s=3600)
    for table in ("candles", "trades", "asset_contexts", "funding_rates", "headlines"):
        assert_frame_equal(lake.read(paths, table), lake.read(written[0], table))


def test_candles_agree_with_trades_and_mids(
    written: tuple[Paths, SampleSummary],
) -> None:
    paths, _ = written
    candles = lake.read(paths, "candles", "SOL").sort("open_at")
    hours = (
        lake.read(paths, "trades", "SOL")
        .sort("event_at", "sequence")
        .group_by_dynamic("event_at", every="1h")
        .agg(
            open=pl.col("price").first(),
            high=pl.col("price").max(),
            low=pl.col("price").min(),
            close=pl.col("price").last(),
            volume=pl.col("size").sum().cast(pl.Decimal(18, 8)),
            trade_count=pl.len().cast(pl.Int64),
        )
        .rename({"event_at": "open_at"})
    )
    chosen = ["open_at", "open", "high", "low", "close", "volume", "trade_count"]
    assert_frame_equal(candles.select(chosen), hours.select(chosen))
    mids = lake.read(paths, "asset_contexts", "SOL").filter(
        pl.col("event_at").dt.minute() == 59
    )
    gap = np.abs(column(candles, "close") / column(mids, "mid_price") - 1.0)
    assert np.quantile(gap, 0.9) < 0.003
    assert np.median(gap) < 0.0006
    assert (candles["available_at"] > candles["event_at"]).all()
    assert (candles["event_at"] - candles["open_at"] == timedelta(hours=1)).all()


def test_benchmark_candles_hold_their_mids(
    written: tuple[Paths, SampleSummary],
) -> None:
    candles = lake.read(written[0], "candles", "BTC").sort("open_at")
    high, low = column(candles, "high"), column(candles, "low")
    for name in ("open", "close"):
        value = column(candles, name)
        assert ((value <= high) & (value >= low)).all()
    mids = lake.read(written[0], "asset_contexts", "BTC").with_columns(
        hour=pl.col("event_at").dt.truncate("1h")
    )
    mids = mids.join(candles, left_on="hour", right_on="open_at")
    mid = column(mids, "mid_price")
    assert (mid <= column(mids, "high") + 60.0).all()
    assert (mid >= column(mids, "low") - 60.0).all()


@pytest.mark.parametrize("coin", ["SOL", "BTC"])
def test_settled_funding_follows_from_the_contexts_of_its_hour(
    written: tuple[Paths, SampleSummary], coin: str
) -> None:
    contexts = lake.read(written[0], "asset_contexts", coin)
    rates = lake.read(written[0], "funding_rates", coin).sort("event_at")
    hours = contexts.group_by(
        hour=pl.col("event_at").dt.truncate("1h"), maintain_order=True
    ).agg(premium=pl.col("premium").cast(pl.Float64).mean())
    premium = hours["premium"].to_numpy()
    np.testing.assert_allclose(column(rates, "premium"), premium, atol=2e-12)
    eight_hours = premium + np.clip(0.0001 - premium, -0.0005, 0.0005)
    np.testing.assert_allclose(
        column(rates, "funding_rate"), eight_hours / 8.0, atol=2e-12
    )
    late = rates["event_at"] - rates["event_at"].dt.truncate("1h")
    assert late.max() < timedelta(milliseconds=100)  # type: ignore[operator]


@pytest.mark.parametrize("coin", ["SOL", "BTC"])
def test_premium_follows_from_impact_and_oracle_prices(
    written: tuple[Paths, SampleSummary], coin: str
) -> None:
    rows = lake.read(written[0], "asset_contexts", coin)
    oracle, mid = column(rows, "oracle_price"), column(rows, "mid_price")
    bid, ask = column(rows, "impact_bid_price"), column(rows, "impact_ask_price")
    premium = (np.maximum(bid - oracle, 0) - np.maximum(oracle - ask, 0)) / oracle
    np.testing.assert_allclose(column(rows, "premium"), premium, atol=2e-8)
    assert ((bid < mid) & (mid < ask)).all()
    day = rows["event_at"] < START + timedelta(days=1)
    assert rows.filter(day)["day_volume_usd"].is_null().all()
    assert (rows.filter(~day)["day_volume_usd"] > 0).all()


def test_trades_print_between_the_books_around_them(
    written: tuple[Paths, SampleSummary],
) -> None:
    # Books every ten minutes; a trade of the minute before one lies near its quotes.
    trades = lake.read(written[0], "trades", "SOL").sort("event_at", "sequence")
    books = lake.read(written[0], "book_snapshots", "SOL").select(
        minute=pl.col("event_at").dt.truncate("1m"),
        book_at=pl.col("event_at"),
        mid=(pl.col("bid_price_1").cast(float) + pl.col("ask_price_1").cast(float)) / 2,
    )
    pairs = trades.with_columns(minute=pl.col("event_at").dt.truncate("1m")).join(
        books, on="minute"
    )
    assert pairs.height > 300
    assert (pairs["event_at"] < pairs["book_at"]).all()
    apart = (column(pairs, "price") / column(pairs, "mid") - 1.0) * 1e4
    assert np.median(np.abs(apart)) < 15.0
    assert trades["trade_id"].n_unique() == trades.height
    assert trades["sequence"].is_sorted()


def test_fills_of_an_order_share_time_and_side_and_never_improve(
    written: tuple[Paths, SampleSummary],
) -> None:
    trades = lake.read(written[0], "trades", "SOL").sort("event_at", "sequence")
    orders = trades.group_by("event_at", "aggressor_side", maintain_order=True).agg(
        price=pl.col("price").cast(float), fills=pl.len()
    )
    assert orders["fills"].max() > 10  # type: ignore[operator]
    assert 1.5 < orders["fills"].mean() < 3.5  # type: ignore[operator]
    for side, toward in (("buy", 1.0), ("sell", -1.0)):
        chosen = orders.filter(pl.col("aggressor_side") == side)
        for prices in chosen["price"].to_list():
            assert (np.diff(prices) * toward >= 0.0).all()


def test_books_and_trades_stop_together_in_an_outage(
    paths: Paths, parameters: Parameters
) -> None:
    arguments = {"days": 6, "book_interval_s": 60, "outages_per_year": 365.0}
    write(paths, parameters, **arguments)
    minutes = {
        table: lake.read(paths, table, "SOL")["event_at"].dt.truncate("1m").unique()
        for table in ("book_snapshots", "trades")
    }
    every = pl.datetime_range(
        START, START + timedelta(days=6), "1m", closed="left", eager=True
    )
    dark = every.filter(~every.is_in(minutes["book_snapshots"].implode()))
    assert 3 * 5 <= dark.len() <= 3 * 45
    assert dark.max() < START + timedelta(days=3)  # type: ignore[operator]
    assert not dark.is_in(minutes["trades"].implode()).any()
    assert set(dark.dt.minute()) <= set(range(3, 57))
    contexts = lake.read(paths, "asset_contexts", "SOL").with_columns(
        minute=pl.col("event_at").dt.truncate("1m")
    )
    is_dark = contexts["minute"].is_in(dark.implode())
    assert (contexts["mid_price"].is_null() == is_dark).all()


def test_truth_stands_outside_the_raw_tables(
    written: tuple[Paths, SampleSummary],
) -> None:
    paths, _ = written
    truth = pl.read_parquet(paths.truth / "sample-5.parquet")
    assert truth.columns == ["coin", "bar_closed_at", "probability_up"]
    assert truth.height == 72
    assert truth["bar_closed_at"].min() == START + timedelta(hours=1)
    assert truth["probability_up"].is_between(0.0, 1.0).all()
    assert not list(paths.raw.rglob("*truth*"))


def test_day_without_outcome_has_no_auc(paths: Paths, parameters: Parameters) -> None:
    summary = write(paths, parameters, days=1, book_interval_s=3600)
    assert np.isnan(summary.bayes_auc)
    record = json.loads((paths.truth / "sample.json").read_text())
    assert record["summary"]["bayes_auc"] is None
    assert np.isnan(write(paths, parameters, days=1, book_interval_s=3600).bayes_auc)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days": 0}, "--days 0"),
        ({"days": -3}, "--days -3"),
        ({"seed": -1}, "--seed -1"),
        ({"edge": -0.1}, "--edge -0.1"),
        ({"edge": 1.1}, "--edge 1.1"),
        ({"edge": float("nan")}, "--edge nan"),
        ({"outages_per_year": -1.0}, "--outages -1"),
        ({"outages_per_year": 366.0}, "--outages 366"),
        ({"book_interval_s": 0}, "--book-interval 0"),
        ({"book_interval_s": 90}, "--book-interval 90"),
        ({"book_interval_s": 7200}, "--book-interval 7200"),
        ({"start_at": START + timedelta(minutes=5)}, "on the hour"),
        ({"start_at": START.replace(tzinfo=None)}, "aware"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(
    paths: Paths, parameters: Parameters, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        write(paths, parameters, **changes)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not paths.raw.exists()


def test_parameters_that_reach_no_row_keep_the_sample(
    written: tuple[Paths, SampleSummary], parameters: Parameters
) -> None:
    other = parameters.override({"taker_fee_rate": "0.001"})
    assert write(written[0], other) == written[1]
    with pytest.raises(DataError, match="holds a sample"):
        write(written[0], parameters.override({"book_delay_s": "9"}))


@pytest.mark.parametrize("changes", [{"seed": 6}, {"edge": 0.5}, {"days": 4}])
def test_lake_of_another_sample_is_refused(
    written: tuple[Paths, SampleSummary],
    parameters: Parameters,
    changes: dict[str, Any],
) -> None:
    before = names(written[0])
    with pytest.raises(DataError, match="holds a sample"):
        write(written[0], parameters, **changes)
    assert names(written[0]) == before


def test_lake_of_real_rows_is_refused(paths: Paths, parameters: Parameters) -> None:
    write(paths, parameters, days=1, book_interval_s=3600)
    rows = (
        lake.read(paths, "candles")
        .drop("ingest_id")
        .with_columns(origin=pl.lit("real"))
    )
    real = Paths(data_dir=paths.data_dir / "real")
    lake.append(real, "candles", rows, ingest_id="real")
    before = names(real)
    with pytest.raises(DataError, match="real rows"):
        write(real, parameters)
    assert names(real) == before
    assert not real.truth.exists()
