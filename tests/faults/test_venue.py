"""A slice of the campaigns against the venue ingest: real sockets, real kills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.faults import venue_kills
from tests.faults.venue_runs import (
    fingerprints,
    ingest_once,
    ingest_until_done,
    make_client,
    weights_spent,
)
from tests.faults.venue_server import FAULTS, VenueServer
from tests.faults.venue_world import MOMENT, make_world

from solalpha.clock import to_ms
from solalpha.config import load_paths
from solalpha.raw import lake


@pytest.fixture(scope="module")
def server() -> Iterator[VenueServer]:
    with VenueServer(make_world()) as served:
        yield served


@pytest.fixture(scope="module")
def clean(
    server: VenueServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("clean")
    server.misbehave(0, 0.0)
    assert ingest_once(server.url, folder).unfinished == ()
    return fingerprints(folder)


def test_clean_run_fills_every_table(clean: dict[str, str]) -> None:
    tables = {name.split("/")[0] for name in clean}
    assert tables == {
        *("asset_contexts", "book_snapshots", "trades"),
        *("funding_rates", "candles"),
    }
    assert len([name for name in clean if name.startswith("funding_rates")]) >= 2


@pytest.mark.parametrize("seed", range(4))
def test_misbehaving_venue_leaves_the_clean_files(
    server: VenueServer, clean: dict[str, str], tmp_path: Path, seed: int
) -> None:
    server.misbehave(seed, 0.5)
    ingest_until_done(server.url, tmp_path)
    assert fingerprints(tmp_path) == clean


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_leaves_the_clean_files(
    server: VenueServer,
    clean: dict[str, str],
    tmp_path: Path,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.faults.venue_server.FAULTS", (fault,))
    before = server.seen[fault]
    server.misbehave(7, 0.3)
    ingest_until_done(server.url, tmp_path)
    assert server.seen[fault] > before
    assert fingerprints(tmp_path) == clean


def test_repeated_ingest_spends_at_most_a_twentieth(
    server: VenueServer, tmp_path: Path
) -> None:
    server.misbehave(0, 0.0)
    first, second = make_client(server.url), make_client(server.url)
    ingest_once(server.url, tmp_path, first)
    files = fingerprints(tmp_path)
    ingest_once(server.url, tmp_path, second)
    assert second.tally.weight <= 0.05 * first.tally.weight
    assert fingerprints(tmp_path) == files


def test_ingest_an_hour_later_spends_little_too(tmp_path: Path) -> None:
    with VenueServer(make_world(candles=5012, funding_hours=19_000)) as big:
        spent = weights_spent(big, tmp_path)
    # 39 pages of funding, 2 x 5000 candles, a context, a book, trades, a status.
    assert spent["weight_first"] == pytest.approx(1950, rel=0.02)
    assert spent["weight_at_once"] == 2
    assert spent["weight_hour_later"] <= 0.05 * spent["weight_first"]


def test_killed_ingest_resumes_to_the_clean_files(tmp_path: Path) -> None:
    tally = venue_kills.ingest_kills(2, 5, tmp_path)
    assert (tally.kills, tally.torn, tally.lost) == (2, 0, 0)
    assert tally.equal_after_resume == tally.resumed > 0


def test_hole_that_the_venue_fills_later_is_repaired_within_a_day(
    tmp_path: Path,
) -> None:
    world = make_world()
    candles, funding = world.candles, world.funding
    month, days = (to_ms(MOMENT - timedelta(days=n)) for n in (20, 6))
    lost = range(month, to_ms(MOMENT - timedelta(days=10)))
    world.funding = [row for row in funding if row["time"] not in lost]
    lost = range(days, to_ms(MOMENT - timedelta(days=4)))
    world.candles = {
        name: [row for row in rows if row["t"] not in lost]
        for name, rows in candles.items()
    }
    times = [MOMENT - timedelta(hours=hours) for hours in (25, 2, 0)]
    with VenueServer(world) as server:
        for moment in times:
            world.moment = moment
            client = make_client(server.url, moment)
            done = ingest_once(server.url, tmp_path, client, moment)
            world.candles, world.funding = candles, funding
    stored = load_paths(tmp_path)
    assert lake.read(stored, "funding_rates").height == len(funding)
    hours = lake.read(stored, "candles").filter(pl.col("interval") == "1h")
    assert hours.height == len(candles["1h"]) - 1  # the last one is open
    (notes,) = {t.notes for t in done.tables if t.table == "funding_rates"}
    # The payloads may hold a hole of their own, which no answer ever fills.
    assert re.fullmatch(r"[12] holes asked for again: 240 rows came", notes[0])
    assert notes[1:] == ("240 rows fill holes",)
