"""Run the venue ingest until it is done, and take its files' fingerprints."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

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


def make_client(url: str) -> InfoClient:
    return InfoClient(
        url,
        bucket=WeightBucket(1e9, sleep=_no_wait),
        patience=PATIENCE,
        sleep=_no_wait,
        jitter=lambda: 0.5,
        now=lambda: MOMENT,
    )


def ingest_once(
    url: str, folder: Path, client: InfoClient | None = None
) -> VenueIngest:
    return asyncio.run(
        ingest_hyperliquid(
            load_paths(folder),
            PARAMETERS,
            coin="SOL",
            since=None,
            client=client or make_client(url),
            intervals=INTERVALS,
            now=lambda: MOMENT,
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


def fingerprints(folder: Path) -> dict[str, str]:
    """Return path to digest of every file of the raw tables."""
    raw = folder / "raw"
    return {
        path.relative_to(raw).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(raw.rglob("*"))
        if path.is_file() and path.relative_to(raw).parts[0][0] != "."
    }
