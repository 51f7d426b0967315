"""Block bootstraps for serially dependent rows: index draws and mean intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import DataError

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]


def circular_block_indices(
    count: int, *, block: int, draws: int, seed: int
) -> IndexArray:
    """Draw row indices in whole blocks that wrap around the end.

    Parameters
    ----------
    count
        Rows of the sample, in time order.
    block
        Rows per block; cut to ``count`` where the sample is shorter.
    draws
        Resamples to draw.
    seed
        Seed of the draws; the same seed gives the same indices.

    Returns
    -------
    ndarray of shape (draws, count)
        Positions in [0, count), each row one resample.

    References
    ----------
    Politis and Romano (1992), circular block resampling.
    """
    length = _checked_block(count, block, draws)
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, count, size=(draws, math.ceil(count / length)))
    steps = np.arange(length, dtype=np.int64)
    rows = (starts[:, :, None] + steps[None, None, :]) % count
    return rows.reshape(draws, -1)[:, :count].astype(np.int64)


def stationary_block_indices(
    count: int, *, mean_block: int, draws: int, seed: int
) -> IndexArray:
    """Draw row indices in blocks of geometric length that wrap around the end.

    Parameters
    ----------
    count
        Rows of the sample, in time order.
    mean_block
        Mean rows per block; a block ends after each row with chance 1/mean_block.
    draws
        Resamples to draw.
    seed
        Seed of the draws.

    Returns
    -------
    ndarray of shape (draws, count)
        Positions in [0, count), each row one resample.

    References
    ----------
    Politis and Romano (1994), the stationary bootstrap.
    """
    length = _checked_block(count, mean_block, draws)
    generator = np.random.default_rng(seed)
    is_new = generator.random((draws, count)) < 1.0 / length
    is_new[:, 0] = True
    starts = generator.integers(0, count, size=(draws, count))
    place = np.arange(count, dtype=np.int64)
    opened_at = np.maximum.accumulate(np.where(is_new, place, 0), axis=1)
    first = np.take_along_axis(starts, opened_at, axis=1)
    return ((first + place - opened_at) % count).astype(np.int64)


def moving_block_sums(
    values: FloatArray, *, block: int, draws: int, generator: np.random.Generator
) -> FloatArray:
    """Sum resamples of ``values`` made of whole overlapping blocks, without wrap.

    Parameters
    ----------
    values
        ndarray of shape (n_rows,), in time order.
    block
        Rows per block; cut to n_rows where the sample is shorter.
    draws
        Resamples to draw.
    generator
        Source of the draws, so that several samples can share one stream.

    Returns
    -------
    ndarray of shape (draws,)
        Sums scaled to n_rows values each.

    References
    ----------
    Kuensch (1989), the moving-block bootstrap.
    """
    count = values.size
    length = _checked_block(count, block, draws)
    running = np.concatenate(([0.0], np.cumsum(values)))
    sums = running[length:] - running[:-length]
    blocks = math.ceil(count / length)
    starts = generator.integers(0, sums.size, size=(draws, blocks))
    scale = count / (blocks * length)
    return np.asarray(sums[starts].sum(axis=1) * scale, dtype=np.float64)


def mean_interval(
    values: FloatArray, *, level: float, block: int, draws: int, seed: int
) -> tuple[float, float]:
    """Return the percentile interval of the mean by the circular block bootstrap.

    Parameters
    ----------
    values
        ndarray of shape (n_rows,), finite, in time order.
    level
        Coverage aimed at, e.g. 0.95; half of the rest lies outside on each side.
    block
        Rows per block; longer than the dependence in ``values``.
    draws
        Resamples to draw.
    seed
        Seed of the draws.

    Returns
    -------
    tuple of (low, high)
        In the unit of ``values``.

    Raises
    ------
    DataError
        If ``values`` is empty or holds a value that is not finite.
    """
    if values.size == 0 or not bool(np.isfinite(values).all()):
        raise DataError(
            f"block bootstrap found {values.size} values of which "
            f"{int((~np.isfinite(values)).sum())} are not finite; expected finite ones"
        )
    length = _checked_block(values.size, block, draws)
    wrapped = np.concatenate((values, values[: length - 1]))
    running = np.concatenate(([0.0], np.cumsum(wrapped)))
    sums = running[length:] - running[:-length]
    blocks = math.ceil(values.size / length)
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, sums.size, size=(draws, blocks))
    means = sums[starts].sum(axis=1) / (blocks * length)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)


def _checked_block(count: int, block: int, draws: int) -> int:
    if count < 1 or block < 1 or draws < 1:
        raise DataError(
            f"block bootstrap found {count} rows, block {block}, draws {draws}; "
            "expected at least 1 of each"
        )
    return min(block, count)
