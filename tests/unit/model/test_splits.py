from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solalpha.errors import DataError
from solalpha.model import splits

HOUR = np.timedelta64(1, "h")
ZERO = np.timedelta64(0, "us")


def hours(places: list[int]) -> np.ndarray:
    start = np.datetime64("2024-01-01T00:00:00", "us")
    return start + np.array(places, dtype=np.int64) * HOUR


@st.composite
def labelled_bars(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    # Bars with gaps; labels of differing span, some known very late.
    gaps = draw(st.lists(st.integers(0, 4), min_size=60, max_size=150))
    spans = draw(st.lists(st.integers(1, 30), min_size=len(gaps), max_size=len(gaps)))
    closed = hours(list(np.cumsum(gaps)))
    return closed, closed + np.array(spans) * HOUR


@settings(max_examples=80, deadline=None)
@given(
    labelled_bars(),
    st.integers(1, 5),
    st.floats(0.2, 0.6),
    st.integers(0, 20),
)
def test_train_labels_end_before_their_test_block(
    rows: tuple[np.ndarray, np.ndarray], folds: int, min_share: float, embargo: int
) -> None:
    closed, known = rows
    try:
        part = splits.development(closed, known, share=0.7)
        cut = splits.walk_forward(
            closed,
            known,
            part,
            folds=folds,
            min_share=min_share,
            embargo=embargo * HOUR,
        )
    except DataError:
        assume(False)
    assert len(cut) == folds
    for split in cut:
        first = closed[split.test].min()
        assert first == split.test_from
        assert known[split.train].max() + embargo * HOUR < first
        assert closed[split.test].max() < split.test_to
        # No test label may show a price of the final block.
        assert known[split.test].max() < part.final_from
    tested = np.concatenate([split.test for split in cut])
    assert np.unique(tested).size == tested.size
    assert (np.diff(tested) > 0).all()
    assert not np.isin(part.final, tested).any()


@settings(max_examples=40, deadline=None)
@given(labelled_bars(), st.floats(0.3, 0.8))
def test_chronological_train_labels_end_before_the_test_part(
    rows: tuple[np.ndarray, np.ndarray], share: float
) -> None:
    closed, known = rows
    try:
        split = splits.chronological(closed, known, share=share)
    except DataError:
        assume(False)
    assert known[split.train].max() < closed[split.test].min()
    assert split.test[-1] == closed.size - 1


def test_walk_forward_of_hand_worked_rows() -> None:
    # 20 bars, labels 2 bars long: development is bars 0 to 13, of which 0 to 11 have
    # labels known before bar 14. Half of these 12 precede 2 blocks of 3.
    closed = hours(list(range(20)))
    known = closed + 2 * HOUR
    part = splits.development(closed, known, share=0.7)
    first, second = splits.walk_forward(
        closed, known, part, folds=2, min_share=0.5, embargo=1 * HOUR
    )
    assert part.rows.tolist() == list(range(12))
    assert part.final.tolist() == list(range(14, 20))
    assert first.train.tolist() == [0, 1, 2]
    assert first.test.tolist() == [6, 7, 8]
    assert second.train.tolist() == [0, 1, 2, 3, 4, 5]
    assert second.test.tolist() == [9, 10, 11]
    # Bars 12 and 13 are predicted, but their labels stay unseen.
    assert second.test_to == closed[14]


def test_chronological_split_of_hand_worked_rows() -> None:
    closed = hours(list(range(10)))
    split = splits.chronological(closed, closed + 2 * HOUR, share=0.7)
    assert split.train.tolist() == [0, 1, 2, 3, 4]
    assert split.test.tolist() == [7, 8, 9]


def test_too_few_bars_are_refused() -> None:
    closed = hours(list(range(12)))
    part = splits.development(closed, closed + HOUR, share=0.7)
    with pytest.raises(DataError, match="cannot fill 6 test blocks"):
        splits.walk_forward(
            closed, closed + HOUR, part, folds=6, min_share=0.4, embargo=ZERO
        )


def test_embargo_that_leaves_no_train_row_is_refused() -> None:
    closed = hours(list(range(20)))
    part = splits.development(closed, closed + HOUR, share=0.7)
    with pytest.raises(DataError, match="fold 0 has 0 train"):
        splits.walk_forward(
            closed, closed + HOUR, part, folds=2, min_share=0.4, embargo=50 * HOUR
        )


@pytest.mark.parametrize(
    ("closed", "known", "message"),
    [
        ([3, 2, 4], [5, 5, 5], "out of order"),
        ([1, 2, 3], [2, 2, 4], "known at or before"),
        ([], [], "found 0 bars"),
    ],
)
def test_unfit_spans_are_refused(
    closed: list[int], known: list[int], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        splits.development(hours(closed), hours(known), share=0.7)
