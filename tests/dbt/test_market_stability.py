"""Bars, order flow and quality: same bits in any order, no cell moved by the future."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.dbt.features_lake import read, run_dbt
from tests.dbt.market_lake import (
    HOURS,
    MODELS,
    RUN,
    START,
    built_market,
    make_lake,
    write_lake,
)

CUT = START + timedelta(hours=HOURS * 9 // 10, minutes=20)


def _built(folder: Path, *, seed: int, threads: int, until: datetime | None) -> Path:
    write_lake(make_lake(), folder, until=until, seed=seed)
    run_dbt(folder, RUN, engine_threads=threads)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_market(tmp_path_factory.mktemp("market_whole"))


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market_shuffled")
    return _built(folder, seed=2, threads=1, until=None)


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market_cut")
    return _built(folder, seed=1, threads=2, until=CUT)


def _rows(folder: Path, model: str, condition: str = "true") -> pl.DataFrame:
    return read(
        folder, f"select * from {model} where {condition} order by coin, bar_closed_at"
    )


@pytest.mark.parametrize("model", MODELS)
def test_shuffled_files_and_one_thread_same_bits(
    whole: Path, shuffled: Path, model: str
) -> None:
    first, second = _rows(whole, model), _rows(shuffled, model)
    assert first.height > HOURS // 2
    assert first.equals(second)


@pytest.mark.parametrize("model", ["bars", "quality_bars"])
def test_rows_withheld_move_no_decided_bar(whole: Path, cut: Path, model: str) -> None:
    decided = f"decided_at <= timestamp '{CUT:%Y-%m-%d %H:%M:%S}'"
    first, second = _rows(whole, model, decided), _rows(cut, model, decided)
    assert first.height > HOURS // 2
    assert first.equals(second)


@pytest.mark.parametrize("model", MODELS[3:])
def test_rows_withheld_move_no_decided_order_flow(
    whole: Path, cut: Path, model: str
) -> None:
    decided = (
        f"bar_closed_at + interval 30 second <= timestamp '{CUT:%Y-%m-%d %H:%M:%S}'"
    )
    first, second = _rows(whole, model, decided), _rows(cut, model, decided)
    assert first.height > HOURS // 2
    assert first.equals(second)


def _snapshots(folder: Path, condition: str = "true") -> pl.DataFrame:
    return read(
        folder,
        "select * from int_order_flow_measured_to_snapshots "
        f"where {condition} order by event_at, sequence",
    )


def test_snapshots_of_shuffled_files_same_bits(whole: Path, shuffled: Path) -> None:
    first, second = _snapshots(whole), _snapshots(shuffled)
    assert first.height > HOURS * 30
    assert first.equals(second)


def test_rows_withheld_move_no_decided_snapshot(whole: Path, cut: Path) -> None:
    # The bar that the cut falls into is not decided at the cut.
    decided = f"event_at < timestamp '{CUT:%Y-%m-%d %H}:00:00'"
    first, second = _snapshots(whole, decided), _snapshots(cut, decided)
    assert first.height > HOURS * 30
    assert first.equals(second)


def test_rows_withheld_move_no_known_final_bar(whole: Path, cut: Path) -> None:
    known = f"known_at <= timestamp '{CUT:%Y-%m-%d %H:%M:%S}'"
    first, second = _rows(whole, "bars_final", known), _rows(cut, "bars_final", known)
    merged = first.join(second, on=["coin", "bar_closed_at"], how="left")
    assert first.height > HOURS // 2
    assert merged.height == first.height
    assert first.equals(second.join(first, on=["coin", "bar_closed_at"], how="semi"))


def test_late_rows_reach_only_the_final_bar(whole: Path) -> None:
    differing = read(
        whole,
        """
        select count(*) as count_bars
        from bars
        inner join bars_final using (coin, bar_closed_at)
        where
            bars.high is distinct from bars_final.high
            or bars.low is distinct from bars_final.low
            or bars.volume is distinct from bars_final.volume
        """,
    )
    assert differing.item() > 5
