"""Probability of backtest overfitting by combinatorial splits, and its context."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import DataError
from solalpha.model.ranking import average_ranks
from solalpha.model.significance import expected_best_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Overfitting:
    """Hold the probability of overfitting and what keeps it from misleading.

    ``sharpe_variance`` is the variance over configurations of their full-sample
    Sharpe ratios: near zero, the landscape is flat and the probability says little.
    """

    probability: float
    splits: int
    configurations: int
    loss_share: float
    rank_correlation: float
    sharpe_variance: float


def overfitting_probability(
    returns: NDArray[np.float64], *, blocks: int
) -> Overfitting:
    """Measure how often the best configuration in sample is below median outside.

    Parameters
    ----------
    returns
        ndarray of shape (n_periods, n_configurations), fractions per period, rows
        in time order.
    blocks
        Even number of equal time blocks; each split takes half of them as sample.

    Raises
    ------
    DataError
        If there are fewer than 2 configurations, the blocks are odd or too many
        for the rows, or a return is not finite.

    References
    ----------
    Bailey, Borwein, Lopez de Prado and Zhu (2017), CSCV.
    """
    periods, configurations = _checked(returns, blocks)
    edges = np.linspace(0, periods, blocks + 1).astype(np.int64)
    pieces = [returns[low:high] for low, high in itertools.pairwise(edges)]
    sums = np.array([piece.sum(axis=0) for piece in pieces])
    squares = np.array([(piece**2).sum(axis=0) for piece in pieces])
    counts = np.diff(edges).astype(np.float64)
    below = losses = 0
    correlations: list[float] = []
    chosen = list(itertools.combinations(range(blocks), blocks // 2))
    for combination in chosen:
        is_inside = np.zeros(blocks, dtype=bool)
        is_inside[list(combination)] = True
        inside = _sharpe(sums, squares, counts, is_inside)
        outside = _sharpe(sums, squares, counts, ~is_inside)
        best = int(np.argmax(inside))
        rank = average_ranks(outside)
        relative = rank[best] / (configurations + 1)
        below += math.log(relative / (1.0 - relative)) <= 0.0
        losses += bool(outside[best] < 0.0)
        correlations.append(_correlation(average_ranks(inside), rank))
    everything = _sharpe(sums, squares, counts, np.ones(blocks, dtype=bool))
    return Overfitting(
        probability=below / len(chosen),
        splits=len(chosen),
        configurations=configurations,
        loss_share=losses / len(chosen),
        rank_correlation=float(np.mean(correlations)),
        sharpe_variance=float(np.var(everything)),
    )


def minimum_backtest_years(*, trials: int, best_sharpe: float) -> float:
    """Return the years under which ``trials`` worthless tries show ``best_sharpe``.

    Parameters
    ----------
    trials
        Configurations tried.
    best_sharpe
        Annual Sharpe ratio that the best worthless one is allowed to show.

    References
    ----------
    Bailey, Borwein, Lopez de Prado and Zhu (2014).
    """
    return (expected_best_unit(trials) / best_sharpe) ** 2


def _checked(returns: NDArray[np.float64], blocks: int) -> tuple[int, int]:
    shape = returns.shape
    is_table = returns.ndim == 2 and shape[1] >= 2
    if not is_table or blocks < 2 or blocks % 2 or shape[0] < 2 * blocks:
        raise DataError(
            f"overfitting found returns of shape {shape} and {blocks} blocks; expected "
            "2 or more configurations, an even number of blocks, 2 rows per block"
        )
    if not bool(np.isfinite(returns).all()):
        raise DataError("overfitting found returns that are not finite")
    return int(shape[0]), int(shape[1])


def _sharpe(
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    counts: NDArray[np.float64],
    mask: NDArray[np.bool_],
) -> NDArray[np.float64]:
    count = counts[mask].sum()
    mean = sums[mask].sum(axis=0) / count
    variance = np.maximum(squares[mask].sum(axis=0) / count - mean**2, 0.0)
    # A configuration that never trades has no variance; its Sharpe ratio is zero.
    is_flat = variance <= 1e-24
    return np.asarray(np.where(is_flat, 0.0, mean / np.sqrt(variance + is_flat)))


def _correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    left_centred, right_centred = left - left.mean(), right - right.mean()
    scale = math.sqrt(float((left_centred**2).sum() * (right_centred**2).sum()))
    return float((left_centred * right_centred).sum()) / scale if scale > 0 else 0.0
