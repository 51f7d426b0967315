"""Intervals of means over rows whose labels overlap in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from solalpha.config import Parameters
from solalpha.model.bootstrap import moving_block_sums

FloatArray = NDArray[np.float64]
LEVEL = 0.95
_LEAST_BLOCKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Hold a value and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Say how rows in time order are resampled.

    Attributes
    ----------
    horizon_bars
        Bars that a label looks ahead, hence rows over which labels overlap.
    block_bars
        Rows per block; raised to three horizons where it is shorter, then cut so that
        there are at least three blocks.
    draws, seed
        Of the bootstrap.
    """

    horizon_bars: int
    block_bars: int
    draws: int
    seed: int

    @classmethod
    def of(cls, parameters: Parameters) -> Blocks:
        """Return the blocks that the parameters ask for."""
        return cls(
            horizon_bars=parameters.label_horizon_bars,
            block_bars=parameters.bootstrap_block_bars,
            draws=parameters.bootstrap_draws,
            seed=parameters.model_seed,
        )


def spread(share: FloatArray, blocks: Blocks) -> tuple[float, float]:
    """Return how far below and above its value a sum of ``share`` may lie.

    Parameters
    ----------
    share
        ndarray of shape (n_rows,), in time order: each row's share in a statistic.
    blocks
        Of the bootstrap.

    Notes
    -----
    The spread of resampled blocks is widened by what blocks miss of the triangular
    overlap of labels, and by Student's quantile for the few blocks there are.

    References
    ----------
    Kuensch (1989), the moving-block bootstrap.
    """
    most = max(share.size // _LEAST_BLOCKS, 1)
    block = min(max(blocks.block_bars, 3 * blocks.horizon_bars), most)
    generator = np.random.default_rng(blocks.seed)
    sums = moving_block_sums(
        share, block=block, draws=blocks.draws, generator=generator
    )
    low, high = np.quantile(sums - sums.mean(), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    wider = _widening(share.size / block, blocks.horizon_bars / block)
    return wider * float(low), wider * float(high)


def mean_estimate(values: FloatArray, blocks: Blocks) -> Estimate:
    """Return the mean of rows in time order with its interval."""
    value = float(values.mean())
    low, high = spread((values - value) / values.size, blocks)
    return Estimate(value=value, low=value + low, high=value + high)


def _widening(blocks: float, overlap: float) -> float:
    freedom = max(1, math.floor(blocks) - 1)
    student = student_quantile((1.0 + LEVEL) / 2.0, freedom)
    normal = NormalDist().inv_cdf((1.0 + LEVEL) / 2.0)
    few = math.sqrt((freedom + 1) / freedom)
    return student / normal * few * math.sqrt(_missed_variance(overlap))


def _missed_variance(overlap: float) -> float:
    # Labels a fraction k of a horizon apart share 1 - k of it. Blocks weigh that pair
    # by 1 - k * overlap, where overlap is horizon over block: the true variance over
    # the one that blocks see.
    if overlap <= 1.0:
        return 1.0 / (1.0 - overlap / 3.0)
    return overlap / (1.0 - 1.0 / (3.0 * overlap))


def student_quantile(probability: float, freedom: int) -> float:
    """Return the quantile of Student's distribution for probabilities above a half.

    Exact for 1 and 2 degrees of freedom, else Fisher and Cornish's expansion, whose
    error is below 1 % from 3 on.
    """
    if freedom == 1:
        return math.tan(math.pi * (probability - 0.5))
    if freedom == 2:
        rest = 4.0 * probability * (1.0 - probability)
        return (2.0 * probability - 1.0) * math.sqrt(2.0 / rest)
    z = NormalDist().inv_cdf(probability)
    first = (z**3 + z) / 4.0
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96.0
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384.0
    return z + first / freedom + second / freedom**2 + third / freedom**3
