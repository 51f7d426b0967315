from __future__ import annotations

import gzip
import math
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from solalpha.audit import realism
from solalpha.audit.facts import FACTS, measured
from solalpha.audit.observed import observe
from solalpha.config import Parameters, Paths, load_parameters
from solalpha.errors import ConfigError, DataError
from solalpha.raw.sample import write_sample

START = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return load_parameters()


@pytest.fixture(scope="module")
def lake(
    tmp_path_factory: pytest.TempPathFactory, parameters: Parameters
) -> tuple[Paths, str]:
    paths = Paths(data_dir=tmp_path_factory.mktemp("market"))
    write_sample(
        paths,
        parameters,
        days=20,
        seed=2,
        edge=0.0,
        book_interval_s=60,
        outages_per_year=365.0,
        start_at=START,
        progress=None,
    )
    return paths, parameters.trade_coin


def folder(place: Path) -> Path:
    # Five hours of candles, six rates, two orders of three fills, and three books.
    candles = place / "candles" / "hyperliquid" / "SOL"
    candles.mkdir(parents=True)
    times = [START + timedelta(hours=hour) for hour in range(5)]
    pl.DataFrame(
        {"open_time": times, "close": ["1.0", "1.1", "1.2", "1.1", "1.0"]}
    ).with_columns(volume=pl.lit("2.5")).write_parquet(candles / "1h.parquet")
    funding = place / "funding" / "hyperliquid"
    funding.mkdir(parents=True)
    eight = [START + timedelta(hours=8 * step) for step in range(3)]
    hourly = [eight[-1] + timedelta(hours=step, milliseconds=40) for step in (1, 2, 3)]
    pl.DataFrame(
        {"time": eight + hourly, "funding_rate": [1e-4, 1e-4, 1e-4, 2e-5, 3e-5, 4e-5]}
    ).write_parquet(funding / "SOL.parquet")
    recorded = place / "books_trades" / "hyperliquid" / "20250301"
    recorded.mkdir(parents=True)
    lines = ["timestamp,price,size,side,trade_id,exchange_timestamp"]
    lines += [f"1.0,100.0,1.0,buy,{n},5000" for n in (1, 2)]
    lines += ["1.0,100.0,1.0,buy,2,5000", "1.1,99.0,4.0,sell,3,6000"]
    with gzip.open(recorded / "trades_SOL.csv.gz", "wt") as stream:
        stream.write("\n".join(lines) + "\n")
    return place


def test_folder_of_files_is_read_without_its_repeats(tmp_path: Path) -> None:
    found = observe(folder(tmp_path), "SOL")
    assert found.hours is not None
    assert found.hours.close.tolist() == [1.0, 1.1, 1.2, 1.1, 1.0]
    assert found.trades is not None
    assert found.trades.sign.tolist() == [1.0, 1.0, -1.0]
    assert found.trades.at_us.tolist() == [5_000_000, 5_000_000, 6_000_000]
    # The eight-hourly rates of the venue's first weeks are another unit.
    assert found.funding is not None
    assert found.funding.tolist() == [2e-5, 3e-5, 4e-5]
    assert found.books is None
    assert found.five_minutes is None


def test_place_without_the_coin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        observe(tmp_path / "nowhere", "SOL")
    with pytest.raises(DataError, match="nothing of ETH"):
        observe(folder(tmp_path), "ETH")


def test_data_directory_is_read_from_its_raw_tables(lake: tuple[Paths, str]) -> None:
    paths, coin = lake
    found = observe(paths.data_dir, coin)
    assert found.hours is not None
    assert found.hours.close.size == 20 * 24
    assert found.books is not None
    assert found.books.bid_size.shape == (found.books.bid.size, 20)
    assert (found.books.bid < found.books.ask).all()
    assert found.five_minutes is not None
    assert (np.diff(found.five_minutes.open_us) > 0).all()


def test_every_statistic_of_a_sample_is_known_and_plausible(
    lake: tuple[Paths, str],
) -> None:
    paths, coin = lake
    found = measured(observe(paths.data_dir, coin))
    assert set(found) == {fact.name for fact in FACTS}
    unknown = {name for name, value in found.items() if not math.isfinite(value)}
    # Twenty days are too short for the tail of hours only.
    assert unknown <= {"hour_return_tail_index"}
    assert found["hour_return_excess_kurtosis"] > 0.5
    assert found["absolute_return_memory_5min"] > 0.1
    assert found["depth_to_volatility"] < -0.1
    assert found["spread_of_one_tick"] > 0.5
    assert found["order_sign_memory_1"] > found["order_sign_memory_10"] > 0.0
    assert found["response_under_2s"] > 0.2
    assert found["fills_per_order"] > 1.5
    # One outage a day but in the last three.
    assert 200.0 < found["outages_per_year"] < 365.0


def test_comparison_counts_only_what_both_sides_know(
    lake: tuple[Paths, str], tmp_path: Path
) -> None:
    paths, coin = lake
    table = realism.compare(
        [observe(paths.data_dir, coin)], [observe(folder(tmp_path), "SOL")]
    )
    by_name = {row.name: row for row in table}
    fills = by_name["fills_per_order"]
    assert fills.real == 1.5
    assert fills.is_near is (fills.sample is not None and 1.0 <= fills.sample <= 2.25)
    assert by_name["spread_mean"].real is None
    assert by_name["spread_mean"].is_near is None


def test_sample_compared_with_itself_is_near_in_all(lake: tuple[Paths, str]) -> None:
    paths, coin = lake
    found = observe(paths.data_dir, coin)
    table = realism.compare([found], [found])
    assert all(row.is_near is not False for row in table)
    assert sum(row.is_near is True for row in table) > 45


def test_result_has_one_row_per_statistic(
    parameters: Parameters, tmp_path: Path
) -> None:
    result = realism.run_realism(
        parameters,
        work_dir=tmp_path,
        days=2,
        seeds=(1, 2),
        edge=0.0,
        real=None,
        progress=None,
    )
    assert [row["statistic"].split(",")[0] for row in realism.as_rows(result)] == [
        fact.name for fact in FACTS
    ]
    assert result.count_compared == 0
    assert result.observations["sample"]["hours"] == 48
    rows = {row.name: row for row in result.statistics}
    spread = rows["spread_mean"]
    assert spread.sample_low is not None
    assert spread.sample_high is not None
    assert spread.sample == pytest.approx((spread.sample_low + spread.sample_high) / 2)


def test_no_seed_is_refused(parameters: Parameters, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="0 seeds"):
        realism.run_realism(
            parameters,
            work_dir=tmp_path,
            days=2,
            seeds=(),
            edge=0.0,
            real=None,
            progress=None,
        )


@pytest.mark.skipif(
    not os.environ.get(realism.REAL_DATA_VARIABLE),
    reason="needs recordings: set SOLALPHA_REAL_DATA",
)
def test_real_recordings_show_what_markets_are_known_for() -> None:
    found = measured(observe(Path(os.environ[realism.REAL_DATA_VARIABLE]), "SOL"))
    assert found["hour_return_excess_kurtosis"] > 5.0
    assert 2.0 < found["hour_return_tail_index"] < 4.0
    assert found["busiest_hour"] == 14.0
    assert found["fills_per_order"] > 2.0
    # 17 empty bars of five minutes in five stalls, in 134 days.
    assert found["outages_per_year"] == pytest.approx(5 * 365 / 133.8, rel=0.01)
    assert found["outage_minutes_per_year"] == pytest.approx(85 * 365 / 133.8, rel=0.01)
