"""Seeded draws, one independent generator per stream and day.

A day's draws do not depend on how many days are simulated, on the size of the
chunks they are written in, or on threads.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

STREAMS = (
    "hours",
    "minutes",
    "flow",
    "quotes",
    "books",
    "trades",
    "contexts",
    "prints",
    "settlements",
    "news",
    "outages",
)


def generator(seed: int, stream: str, day: int) -> np.random.Generator:
    """Return the generator of one stream on one day (days count from 0)."""
    key = (STREAMS.index(stream), day)
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key))
    )


def daily(
    seed: int,
    stream: str,
    days: int,
    draw: Callable[[np.random.Generator], tuple[Floats, ...]],
) -> tuple[Floats, ...]:
    """Return each array of ``draw`` over all days, joined along its first axis."""
    parts = [draw(generator(seed, stream, day)) for day in range(days)]
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def persistence(half_life: float) -> float:
    """Return the step-to-step correlation of a process with this half-life."""
    return float(0.5 ** (1.0 / half_life))


def autoregressive(shocks: Floats, half_life: float) -> Floats:
    """Return a stationary process of unit variance driven by standard ``shocks``.

    Parameters
    ----------
    shocks : ndarray of shape (n,), independent, standard normal
    half_life : steps after which the correlation has halved
    """
    phi = persistence(half_life)
    driven = shocks * np.sqrt(1.0 - phi * phi)
    driven[0] = shocks[0]
    return np.asarray(lfilter([1.0], [1.0, -phi], driven), dtype=np.float64)


def trailing_sum(values: Floats, half_life: float) -> Floats:
    """Return the sum of past and present ``values`` with weights that halve."""
    phi = persistence(half_life)
    return np.asarray(lfilter([1.0], [1.0, -phi], values), dtype=np.float64)
