"""Months that end while the lake is filled hourly: one file, stopped or not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.faults import venue_world
from tests.faults.venue_runs import MOST_RUNS, fingerprints, ingest_once, make_client
from tests.faults.venue_server import VenueServer

from solalpha.config import load_paths
from solalpha.errors import VenueError
from solalpha.raw import lake, storage

END = datetime(2025, 7, 3, 3, 30, 20, tzinfo=UTC)
HOURLY = tuple(datetime(2025, 6, 30, hour, 30, 20, tzinfo=UTC) for hour in (22, 23))
JUNE = "coin=SOL/month=2025-06"


def ingest(server: VenueServer, folder: Path, moment: datetime) -> tuple[str, ...]:
    server.world.moment = moment
    client = make_client(server.url, moment)
    return ingest_once(server.url, folder, client, moment).unfinished


def until_done(server: VenueServer, folder: Path) -> None:
    for _ in range(MOST_RUNS):
        try:
            if not ingest(server, folder, END):
                return
        except VenueError:
            continue
    raise AssertionError(f"not done after {MOST_RUNS} runs")


@pytest.fixture(scope="module")
def server() -> Iterator[VenueServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SOLALPHA_REAL_DATA", raising=False)
        patch.setattr(venue_world, "MOMENT", END + timedelta(days=1))
        world = venue_world.make_world(candles=1500)
    with VenueServer(world) as served:
        yield served


@pytest.fixture(scope="module")
def filled(server: VenueServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake that was filled hourly to the end of June."""
    folder = tmp_path_factory.mktemp("filled")
    server.misbehave(0, 0.0)
    for moment in HOURLY:
        assert ingest(server, folder, moment) == ()
    assert not list(folder.rglob("month.parquet"))
    return folder


@pytest.fixture(scope="module")
def clean(
    server: VenueServer, filled: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = copied(filled, tmp_path_factory.mktemp("clean") / "lake")
    server.misbehave(0, 0.0)
    assert ingest(server, folder, END) == ()
    return folder


def test_clean_run_seals_the_month_and_a_run_a_day_later_removes_its_parts(
    server: VenueServer, clean: Path, tmp_path: Path
) -> None:
    place = copied(clean, tmp_path / "lake")
    for table in ("candles", "funding_rates"):
        folder = place / "raw" / table / JUNE
        assert len(list(folder.glob("part-*.parquet"))) > 1
        assert (folder / "month.parquet").exists()
    before = lake.read(load_paths(place), "candles")

    assert ingest(server, place, END + timedelta(days=1)) == ()

    for table in ("candles", "funding_rates"):
        names = [file.name for file in (place / "raw" / table / JUNE).iterdir()]
        assert names == ["month.parquet"]
    stored = lake.read(load_paths(place), "candles")
    assert stored.join(before, on=before.columns, how="semi", nulls_equal=True).equals(
        before
    )


@pytest.mark.parametrize("seed", range(3))
def test_misbehaving_venue_leaves_the_files_of_the_clean_run(
    server: VenueServer, filled: Path, clean: Path, tmp_path: Path, seed: int
) -> None:
    place = copied(filled, tmp_path / "lake")
    server.misbehave(seed, 0.5)
    until_done(server, place)
    server.misbehave(0, 0.0)
    assert fingerprints(place) == fingerprints(clean)


class Writes:
    """Stop before the write of a given number, as a kill would."""

    def __init__(self, stop: int | None = None) -> None:
        self.names: list[str] = []
        self._stop, self._put = stop, storage._put

    def __call__(self, temporary: Path, target: Path) -> Path:
        if len(self.names) == self._stop:
            raise KeyboardInterrupt
        self.names.append(target.name)
        return self._put(temporary, target)


def copied(lake_folder: Path, place: Path) -> Path:
    shutil.copytree(lake_folder, place)
    return place


def test_kill_before_the_seals_and_between_them_resumes_to_the_clean_files(
    server: VenueServer,
    filled: Path,
    clean: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes = Writes()
    with monkeypatch.context() as patch:
        patch.setattr(storage, "_put", writes)
        ingest(server, copied(filled, tmp_path / "whole"), END)
    assert writes.names[-2:] == ["month.parquet", "month.parquet"]
    last = len(writes.names) - 1
    for stop in (last // 3, last // 2, last - 2, last - 1, last):
        place = copied(filled, tmp_path / f"killed-{stop}")
        with monkeypatch.context() as patch:
            patch.setattr(storage, "_put", Writes(stop))
            with pytest.raises(KeyboardInterrupt):
                ingest(server, place, END)
        assert ingest(server, place, END) == ()
        assert fingerprints(place) == fingerprints(clean)


def test_an_unfinished_series_keeps_its_month_open(
    server: VenueServer, filled: Path, clean: Path, tmp_path: Path
) -> None:
    place = copied(filled, tmp_path / "lake")
    world = server.world
    known = world.candles
    world.candles = {"1h": known["1h"], "5m": []}
    try:
        assert ingest(server, place, END) == ("hyperliquid-candles-SOL-5m",)
    finally:
        world.candles = known
    assert not (place / "raw/candles" / JUNE / "month.parquet").exists()
    assert (place / "raw/funding_rates" / JUNE / "month.parquet").exists()

    assert ingest(server, place, END) == ()
    assert fingerprints(place) == fingerprints(clean)
    intervals = pl.read_parquet(place / "raw/candles" / JUNE / "month.parquet")
    assert set(intervals["interval"]) == {"1h", "5m"}
