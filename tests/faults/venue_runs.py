"""Run the venue ingest until it is done, and take its files' fingerprints."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.faults.venue_server import VenueServer
from tests.faults.venue_world import MOMENT

from solalpha.config import load_parameters, load_paths
from solalpha.errors import VenueError
from solalpha.hyperliquid.rest import InfoClient, Patience
from solalpha.hyperliquid.weights import WeightBucket
from solalpha.raw.venue import INTERVALS, VenueIngest, ingest_hyperliquid

PATIENCE = Patience(
    timeout_s=0.15, attempts=4, first_pause_s=0.001, longest_pause_s=0.002
)
MOST_RUNS = 40
PARAMETERS = load_parameters()


@dataclass(frozen=True)
class Done:
    """Count the client runs that an ingest took, and the failed ones of them."""

    runs: int
    failed: int


async def _no_wait(seconds: float) -> None:
    del seconds
    await asyncio.sleep(0)


def make_client(url: str, now: datetime = MOMENT) -> InfoClient:
    return InfoClient(
        url,
        bucket=WeightBucket(1e9, sleep=_no_wait),
        patience=PATIENCE,
        sleep=_no_wait,
        jitter=lambda: 0.5,
        now=lambda: now,
    )


def ingest_once(
    url: str,
    folder: Path,
    client: InfoClient | None = None,
    now: datetime = MOMENT,
) -> VenueIngest:
    return asyncio.run(
        ingest_hyperliquid(
            load_paths(folder),
            PARAMETERS,
            coin="SOL",
            since=None,
            client=client or make_client(url),
            intervals=INTERVALS,
            now=lambda: now,
            sleep=_no_wait,
        )
    )


def ingest_until_done(url: str, folder: Path) -> Done:
    """Run again while a run fails or says that something is unfinished."""
    failed = 0
    for number in range(1, MOST_RUNS + 1):
        try:
            if not ingest_once(url, folder).unfinished:
                return Done(number, failed)
        except VenueError:
            failed += 1
    raise AssertionError(f"not done after {MOST_RUNS} runs")


def weights_spent(server: VenueServer, folder: Path) -> dict[str, float]:
    """Return what an ingest of all there is weighs, and what repeated ones do."""
    weights: dict[str, float] = {}
    for name, later in (
        ("first", timedelta(hours=-1)),
        ("at_once", timedelta(hours=-1)),
        ("hour_later", timedelta()),
    ):
        moment = MOMENT + later
        server.world.moment = moment
        client = make_client(server.url, moment)
        ingest_once(server.url, folder, client, moment)
        weights[f"weight_{name}"] = client.tally.weight
    return weights


def fingerprints(folder: Path) -> dict[str, str]:
    """Return path to digest of every file of the raw tables."""
    raw = folder / "raw"
    return {
        path.relative_to(raw).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(raw.rglob("*"))
        if path.is_file() and path.relative_to(raw).parts[0][0] != "."
    }
