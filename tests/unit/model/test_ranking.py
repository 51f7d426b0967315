from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from solalpha.errors import DataError
from solalpha.model import intervals, ranking
from solalpha.model.intervals import Blocks, Estimate

DAY = Blocks(horizon_bars=24, block_bars=72, draws=300, seed=7)


def test_area_of_hand_worked_scores() -> None:
    # Of six pairs, (0.9, 0.1), (0.9, 0.4), (0.9, 0.5), (0.4, 0.1) are right and
    # (0.4, 0.4) is a tie.
    score = np.array([0.1, 0.4, 0.4, 0.5, 0.9])
    label_up = np.array([0.0, 1.0, 0.0, 0.0, 1.0])
    assert ranking.area_under_curve(score, label_up) == pytest.approx(4.5 / 6)


def test_area_agrees_with_the_reference_under_ties() -> None:
    generator = np.random.default_rng(1)
    label_up = (generator.random(500) < 0.4).astype(float)
    score = np.round(generator.random(500) + 0.2 * label_up, 1)
    wanted = roc_auc_score(label_up, score)
    assert ranking.area_under_curve(score, label_up) == pytest.approx(wanted)


def test_area_of_one_class_is_refused() -> None:
    with pytest.raises(DataError, match="3 up and 0 down rows"):
        ranking.area_under_curve(np.arange(3.0), np.ones(3))


def test_standing_counts_ties_by_half() -> None:
    reference = np.array([0.5, 0.3, 0.3, 0.1])
    found = ranking.standing(np.array([0.0, 0.3, 0.4, 0.5, 0.9]), reference)
    assert found.tolist() == [0.0, 0.5, 0.75, 0.875, 1.0]


def test_average_ranks_agree_with_the_reference() -> None:
    values = np.array([3.0, 1.0, 3.0, 2.0, 3.0])
    assert ranking.average_ranks(values).tolist() == stats.rankdata(values).tolist()


@pytest.mark.parametrize("freedom", [1, 2, 3, 5, 10, 40])
def test_student_quantile_agrees_with_the_reference(freedom: int) -> None:
    wanted = stats.t.ppf(0.975, freedom)
    assert intervals.student_quantile(0.975, freedom) == pytest.approx(wanted, rel=0.01)


def persistent(generator: np.random.Generator, count: int, decay: float) -> np.ndarray:
    noise = generator.standard_normal(count)
    found = np.empty(count)
    found[0] = noise[0]
    for place in range(1, count):
        found[place] = decay * found[place - 1] + (1 - decay**2) ** 0.5 * noise[place]
    return found


def overlapping_labels(generator: np.random.Generator, count: int) -> np.ndarray:
    steps = np.cumsum(generator.standard_normal(count + 24))
    return (steps[24:] > steps[:-24]).astype(float)


def interval(score: np.ndarray, label_up: np.ndarray) -> Estimate:
    return ranking.area_with_interval(score, label_up, DAY)


def test_interval_covers_a_half_on_null_worlds() -> None:
    # Labels overlap by a day and the scores persist for days, yet know nothing.
    worlds = 150
    held = 0
    for seed in range(worlds):
        generator = np.random.default_rng(seed)
        score = persistent(generator, 1200, 0.98)
        found = interval(score, overlapping_labels(generator, 1200))
        held += found.low <= 0.5 <= found.high
    # 0.95 and three standard errors of 150 draws on either side.
    assert 0.89 <= held / worlds <= 0.995


def test_interval_is_wider_than_independent_rows_would_have_it() -> None:
    generator = np.random.default_rng(3)
    score = persistent(generator, 2400, 0.98)
    found = interval(score, overlapping_labels(generator, 2400))
    independent = 2 * 1.96 * (1 / (12 * 1200) * 2) ** 0.5
    assert found.high - found.low > 2.5 * independent


def test_interval_of_a_good_score_leaves_a_half_out() -> None:
    generator = np.random.default_rng(4)
    label_up = overlapping_labels(generator, 2400)
    found = interval(label_up + generator.standard_normal(2400), label_up)
    assert found.low > 0.6
    assert found.low < found.value < found.high <= 1.0


def test_score_that_never_differs_is_worth_a_half() -> None:
    label_up = overlapping_labels(np.random.default_rng(5), 300)
    found = interval(np.full(300, 0.5), label_up)
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_interval_of_a_short_sample_says_little() -> None:
    generator = np.random.default_rng(6)
    score = persistent(generator, 150, 0.98)
    found = interval(score, overlapping_labels(generator, 150))
    assert found.high - found.low > 0.4


def test_interval_of_fewer_rows_than_a_block_does_not_collapse() -> None:
    generator = np.random.default_rng(8)
    label_up = (generator.random(50) < 0.5).astype(float)
    found = ranking.area_with_interval(
        generator.random(50),
        label_up,
        Blocks(horizon_bars=1, block_bars=72, draws=300, seed=7),
    )
    # Independent rows: a standard error of about 0.08.
    assert 0.2 < found.high - found.low < 0.9


def test_interval_covers_a_half_on_short_null_worlds() -> None:
    held = 0
    for seed in range(150):
        generator = np.random.default_rng(seed)
        score = persistent(generator, 240, 0.95)
        found = interval(score, overlapping_labels(generator, 240))
        held += found.low <= 0.5 <= found.high
    assert held / 150 >= 0.91


def test_difference_of_a_score_with_itself_is_nothing() -> None:
    generator = np.random.default_rng(9)
    label_up = overlapping_labels(generator, 600)
    score = persistent(generator, 600, 0.9)
    found = ranking.area_difference(score, score, label_up, DAY)
    assert (found.low, found.value, found.high) == (0.0, 0.0, 0.0)


def test_difference_is_that_of_the_reference_areas() -> None:
    generator = np.random.default_rng(10)
    label_up = overlapping_labels(generator, 800)
    good = label_up + generator.standard_normal(800)
    poor = label_up + 4.0 * generator.standard_normal(800)
    found = ranking.area_difference(good, poor, label_up, DAY)
    wanted = roc_auc_score(label_up, good) - roc_auc_score(label_up, poor)
    assert found.value == pytest.approx(wanted)
    assert 0.0 < found.low < found.value < found.high


def test_difference_of_two_scores_that_know_nothing_seldom_excludes_0() -> None:
    held = 0
    for seed in range(150):
        generator = np.random.default_rng(seed)
        label_up = overlapping_labels(generator, 1200)
        score = persistent(generator, 1200, 0.98)
        other = 0.7 * score + 0.7 * persistent(generator, 1200, 0.98)
        found = ranking.area_difference(score, other, label_up, DAY)
        held += found.low <= 0.0 <= found.high
    assert 0.89 <= held / 150 <= 0.995
