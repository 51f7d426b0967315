"""Purged splits in time: the development part, the walk-forward and the 70/30."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solalpha.errors import DataError

Times = NDArray[np.datetime64]
IndexArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Hold one train part and the block that follows it.

    ``train`` and ``test`` are positions in the rows given. Predictions of this
    split cover bars with ``test_from <= bar_closed_at < test_to``; ``test`` holds
    the rows among them whose label may be looked at.
    """

    fold: int
    train: IndexArray
    test: IndexArray
    test_from: np.datetime64
    test_to: np.datetime64


@dataclass(frozen=True, slots=True, kw_only=True)
class Development:
    """Hold the first share of rows and the final block that stays closed.

    ``rows`` are positions whose labels were known before the final block begins;
    rows of the first share whose labels reach into it are in neither part.
    """

    rows: IndexArray
    final: IndexArray
    final_from: np.datetime64
    final_to: np.datetime64


def development(bar_closed_at: Times, known_at: Times, *, share: float) -> Development:
    """Divide rows in time into a development part and a final block.

    Parameters
    ----------
    bar_closed_at
        ndarray of shape (n_rows,), not decreasing.
    known_at
        ndarray of shape (n_rows,): when each row's label was known, the end of the
        label's span.
    share
        Share of the distinct bars that belongs to the development part.

    Raises
    ------
    DataError
        If rows are out of order, a label ends before its bar, or a part is empty.
    """
    _check_spans(bar_closed_at, known_at)
    bars = np.unique(bar_closed_at)
    cut = int(np.floor(bars.size * share))
    if cut < 1 or cut >= bars.size:
        raise DataError(
            f"{bars.size} labelled bars leave {cut} for development at share {share}; "
            "expected at least 1 in each part"
        )
    final_from = bars[cut]
    return Development(
        rows=np.flatnonzero(known_at < final_from).astype(np.int64),
        final=np.flatnonzero(bar_closed_at >= final_from).astype(np.int64),
        final_from=final_from,
        final_to=bars[-1] + np.timedelta64(1, "us"),
    )


def walk_forward(
    bar_closed_at: Times,
    known_at: Times,
    part: Development,
    *,
    folds: int,
    min_share: float,
    embargo: np.timedelta64,
) -> tuple[Split, ...]:
    """Cut the development part into test blocks, each preceded by its train part.

    Parameters
    ----------
    bar_closed_at, known_at
        ndarrays of shape (n_rows,), as given to ``development``.
    part
        The development part; nothing outside it is used.
    folds
        Test blocks of equal numbers of bars.
    min_share
        Share of the development bars that precedes the first test block.
    embargo
        Time that must lie between a train row's known label and the test block.

    Returns
    -------
    tuple of Split
        In time order; every train row's label was known more than ``embargo``
        before the first bar of its test block.

    Raises
    ------
    DataError
        If there are too few bars for the folds or a part is empty.
    """
    closed = bar_closed_at[part.rows]
    bars = np.unique(closed)
    first = int(np.ceil(bars.size * min_share))
    if folds < 1 or bars.size - first < folds or first < 1:
        raise DataError(
            f"{bars.size} development bars, {first} of them before the first test "
            f"block, cannot fill {folds} test blocks; expected at least 1 bar in each"
        )
    edges = first + (np.arange(folds + 1) * (bars.size - first)) // folds
    starts = bars[edges[:-1]]
    ends = np.append(starts[1:], part.final_from)
    return tuple(
        _split(
            fold,
            (bar_closed_at, known_at),
            part.rows,
            (start, end),
            embargo,
        )
        for fold, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def chronological(bar_closed_at: Times, known_at: Times, *, share: float) -> Split:
    """Return one split in time: the first share trains, the rest tests.

    Train rows whose label reaches the test block are dropped; nothing else is.

    Raises
    ------
    DataError
        If a part is empty.
    """
    part = development(bar_closed_at, known_at, share=share)
    rows = np.arange(bar_closed_at.size, dtype=np.int64)
    span = (part.final_from, part.final_to)
    times = (bar_closed_at, known_at)
    return _split(0, times, rows, span, np.timedelta64(0, "us"))


def _split(
    fold: int,
    times: tuple[Times, Times],
    rows: IndexArray,
    span: tuple[np.datetime64, np.datetime64],
    embargo: np.timedelta64,
) -> Split:
    closed, known = times[0][rows], times[1][rows]
    train = rows[known < span[0] - embargo]
    test = rows[(closed >= span[0]) & (closed < span[1])]
    if train.size == 0 or test.size == 0:
        raise DataError(
            f"fold {fold} has {train.size} train and {test.size} test rows after "
            f"purge and embargo at {span[0]}; expected at least 1 of each"
        )
    return Split(fold=fold, train=train, test=test, test_from=span[0], test_to=span[1])


def _check_spans(bar_closed_at: Times, known_at: Times) -> None:
    if bar_closed_at.size == 0 or bar_closed_at.shape != known_at.shape:
        raise DataError(
            f"found {bar_closed_at.size} bars and {known_at.size} label times; "
            "expected as many of each, at least 1"
        )
    if bool(np.isnat(bar_closed_at).any() or np.isnat(known_at).any()):
        raise DataError("a bar or label time is null; expected none")
    if bool((np.diff(bar_closed_at) < np.timedelta64(0, "us")).any()):
        raise DataError("bars are out of order; expected rows in time order")
    early = int((known_at <= bar_closed_at).sum())
    if early:
        raise DataError(
            f"{early} labels are known at or before their own bar; expected later"
        )
