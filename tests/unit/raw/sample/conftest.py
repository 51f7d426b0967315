from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from solalpha.raw.sample.world import World, simulate_world

START_HOUR = 482_136  # 2025-01-01 00:00 UTC


@functools.cache
def _world(days: int, seed: int, edge: float) -> World:
    return simulate_world(
        trade_coin="SOL",
        benchmark_coin="BTC",
        days=days,
        seed=seed,
        edge=edge,
        start_hour=START_HOUR,
        outages_per_year=13.0,
    )


@pytest.fixture(scope="session")
def world() -> Callable[[int, int, float], World]:
    """Give a simulated market by days, seed and edge; each is made once."""
    return _world


@pytest.fixture(scope="session")
def start_us() -> int:
    """Give the first moment of the simulated markets, in microseconds."""
    return START_HOUR * 3_600_000_000
