"""Bars, funding, coverage and quality of a small recorded market, against Polars."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt
from tests.dbt.market_lake import (
    HOURS,
    RUN,
    START,
    Lake,
    built_market,
    complete,
    make_lake,
)


@pytest.fixture(scope="module")
def lake() -> Lake:
    return make_lake()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_market(tmp_path_factory.mktemp("market_bars"))


def _at(hours: float) -> datetime:
    return (START + timedelta(hours=hours)).replace(tzinfo=None)


def test_bars_switch_from_candles_to_mids_when_books_begin(data_dir: Path) -> None:
    found = read(
        data_dir,
        """
        select price_source, count(*) as count_bars, min(bar_closed_at) as first_at
        from bars where coin = 'SOL' and has_price group by price_source
        """,
    )
    by_source = {row["price_source"]: row for row in found.to_dicts()}
    assert by_source["candles"]["count_bars"] == 10 + 1  # before, and the empty hour 30
    assert by_source["mid"]["first_at"] == _at(11)
    assert by_source["mid"]["count_bars"] == HOURS - 10 - 1


def test_bars_of_mids_match_polars(data_dir: Path, lake: Lake) -> None:
    books = complete("book_snapshots", lake.frames["book_snapshots"])
    mids = (
        books.select(
            "event_at",
            "available_at",
            mid=(pl.col("bid_price_1").cast(float) + pl.col("ask_price_1").cast(float))
            / 2,
            closed=pl.col("event_at").dt.truncate("1h") + timedelta(hours=1),
        )
        .filter(pl.col("available_at") <= pl.col("closed") + timedelta(seconds=30))
        .sort("event_at")
        .group_by("closed", maintain_order=True)
        .agg(
            open=pl.col("mid").first(),
            high=pl.col("mid").max(),
            low=pl.col("mid").min(),
            close=pl.col("mid").last(),
        )
    )
    bars = read(
        data_dir,
        """
        select open, high, low, close from bars
        where coin = 'SOL' and price_source = 'mid' order by bar_closed_at
        """,
    )
    assert bars.equals(mids.drop("closed"))


def test_five_minute_candles_make_hours_and_days_do_not(data_dir: Path) -> None:
    found = read(
        data_dir,
        "select count_rows, volume from bars where coin = 'BTC' order by bar_closed_at",
    )
    assert found.height == HOURS
    assert set(found["count_rows"]) == {12}
    assert found["volume"].null_count() == 0


def test_adopted_files_of_two_kinds_make_one_series(data_dir: Path, lake: Lake) -> None:
    found = read(
        data_dir,
        """
        select
            bar_closed_at, count_rows, depth_imbalance_5_mean, ofi_ratio_mean,
            bid_volume_5_mean, mid_price, is_us_open_last, spread_mean
        from int_order_flow_aggregated_to_bars
        inner join (select coin, bar_closed_at, close as mid_price from bars)
            using (coin, bar_closed_at)
        where coin = 'ETH' order by bar_closed_at
        """,
    )
    assert found["bar_closed_at"].to_list() == [_at(h) for h in (-2, -1, 0, 1, 2)]
    assert found["count_rows"].to_list() == [1800] * 5
    february, march = lake.adopted["2024-02"], lake.adopted["2024-03"]
    first, fourth = february[:1800], march[:1800]
    assert found["depth_imbalance_5_mean"][0] == pytest.approx(
        first["depth_imbalance_5"].mean(), abs=1e-12
    )
    assert found["ofi_ratio_mean"][0] == pytest.approx(
        first["imb_cum"].mean() / 100, abs=1e-12
    )
    assert found["ofi_ratio_mean"][3] is None  # March lacks the column
    assert found["bid_volume_5_mean"][3] == pytest.approx(
        fourth["bid_volume_5"].fill_nan(None).mean(), rel=1e-7
    )
    assert (
        found["mid_price"][3] == fourth["best_bid"][-1] / 2 + fourth["best_ask"][-1] / 2
    )
    assert found["spread_mean"][0] == pytest.approx(0.1, abs=1e-9)
    assert found["is_us_open_last"][0] == float(first["is_us_open"][-1])


def test_funding_is_unknown_in_the_missing_hour_only(data_dir: Path) -> None:
    found = read(
        data_dir,
        """
        select bar_closed_at, funding_rate, count_funding_present, funding_price_source
        from bars_final where coin = 'SOL' order by bar_closed_at
        """,
    )
    unknown = found.filter(pl.col("funding_rate").is_null())
    assert unknown["bar_closed_at"].to_list() == [_at(20), _at(HOURS), _at(HOURS + 1)]
    assert set(found["funding_price_source"][:HOURS]) == {"oracle"}


def test_fill_is_the_first_mid_after_decision_and_latency(data_dir: Path) -> None:
    found = read(
        data_dir,
        f"""
        select execution_at, execution_price_source from bars_final
        where coin = 'SOL' and bar_closed_at = timestamp '{_at(15)}'
        """,
    )
    # Books come on the minute; the decision plus latency is 31 s into the bar.
    assert found.row(0) == (_at(14) + timedelta(minutes=1), "mid")


def test_crossed_book_fails_its_window_and_is_forgotten(data_dir: Path) -> None:
    found = read(
        data_dir,
        """
        select bar_closed_at from quality_bars
        where coin = 'SOL' and failed_checks like '%crossed_book%' order by 1
        """,
    )
    assert found["bar_closed_at"].to_list() == [_at(41 + i) for i in range(24)]


def test_coverage_counts_the_missing_steps(data_dir: Path) -> None:
    found = read(data_dir, "select * from coverage where coin = 'SOL'")
    by_table = {row["source_table"]: row for row in found.to_dicts()}
    assert by_table["funding_rates"]["count_steps_expected"] == HOURS
    assert by_table["funding_rates"]["count_steps_present"] == HOURS - 1
    assert by_table["book_snapshots"]["count_steps_present"] == HOURS - 11
    assert by_table["book_snapshots"]["longest_gap_s"] == 7200
    assert by_table["candles"]["present_share"] == 1
    assert by_table["trades"]["count_rows"] == 6000


def test_second_build_drops_struck_off_files_and_reads_none_again(
    data_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "lake"
    shutil.copytree(data_dir, folder)
    query = """
        select * from int_lakehouse_order_flow_aggregated_to_bars
        where cast(day as varchar) like '2024-03%' order by bar_closed_at
    """
    registry = folder / "raw" / "adopted_files" / "part-0.parquet"
    kept = pl.read_parquet(registry).filter(pl.col("month") == "2024-03")
    kept.write_parquet(registry)
    run_dbt(folder, RUN)
    found = read(folder, "select min(bar_closed_at) from bars where coin = 'ETH'")
    assert found.item() == _at(1)
    assert read(folder, query).equals(read(data_dir, query))
    log = (folder / "dbt" / "logs" / "dbt.log").read_text()
    assert "file_path in (" not in log[log.rindex("Running with dbt") :]
