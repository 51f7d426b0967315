"""Positioning and depth of the other venue, from its zip files to staging rows."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.dbt.features_lake import read, run_dbt

from solalpha.config import load_parameters, load_paths
from solalpha.raw.binance.ingest import ingest_binance

NOW = datetime(2025, 9, 1, tzinfo=UTC)
METRICS = [
    "2024-01-01 00:05:00,SOLUSDT,20.5,2000.25,1.5,1.25,0.9,1.1",
    "2024-01-01 00:00:00,SOLUSDT,10.5,1000.25,1.5,1.25,0.9,",
    "2024-01-01 00:00:00,SOLUSDT,10.5,1000.25,1.5,1.25,0.9,",
]
DEPTH = ["2024-01-01 00:00:07,-1.00,3.5,350.5", "2024-01-01 00:00:07,1,4,400"]


def _pack(path: Path, lines: list[str]) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(path.with_suffix(".csv").name, "\n".join(lines))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("binance")
    zips = folder / "zips"
    zips.mkdir()
    _pack(zips / "SOLUSDT-metrics-2024-01-01.zip", METRICS)
    _pack(zips / "SOLUSDT-bookDepth-2024-01-01.zip", DEPTH)
    paths = load_paths(folder)
    ingest_binance(paths, load_parameters(), zips, ingested_at=NOW)
    run_dbt(folder, ["build", "--select", "stg_binance__*"])
    return folder


def test_metrics_are_events_at_the_end_of_their_minutes(data_dir: Path) -> None:
    rows = read(data_dir, "select * from stg_binance__market_metrics order by event_at")
    minutes = rows["event_at"].dt.minute().to_list()
    assert (minutes, rows["event_at"].dt.hour().to_list()) == ([5, 10], [0, 0])
    assert rows["open_interest_base"].to_list() == [Decimal("10.5"), Decimal("20.5")]
    assert rows["taker_volume_ratio"].to_list() == [None, Decimal("1.1")]
    assert (rows["available_at"] > rows["event_at"]).all()


def test_bands_keep_their_sign(data_dir: Path) -> None:
    rows = read(data_dir, "select * from stg_binance__depth_bands order by band_pct")
    assert rows["band_pct"].to_list() == [Decimal(-1), Decimal(1)]
    assert rows["depth_base"].to_list() == [Decimal("3.5"), Decimal(4)]
    assert rows["notional_usd"].to_list() == [Decimal("350.5"), Decimal(400)]
