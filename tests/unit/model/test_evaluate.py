from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from solalpha.config import Parameters
from solalpha.errors import DataError
from solalpha.model import evaluate as ev


def rows(
    probability: list[float] | np.ndarray, label: list[float] | np.ndarray
) -> ev.OutOfSample:
    values = np.asarray(probability, dtype=np.float64)
    return ev.OutOfSample(
        probability_up=values,
        standing=values,
        label_up=np.asarray(label, dtype=np.float64),
        fold=np.zeros(values.size, dtype=np.int64),
    )


HAND = rows([0.9, 0.6, 0.5, 0.2, 0.7], [1.0, 0.0, 1.0, 0.0, 1.0])


def test_hand_worked_metrics(parameters: Parameters) -> None:
    found = ev.evaluate(HAND, parameters)
    # Above a half: 0.9, 0.6, 0.7. Right: 0.9, 0.2, 0.7.
    assert found.confusion == ev.Confusion(
        up_as_up=2, up_as_down=1, down_as_up=1, down_as_down=1
    )
    assert found.accuracy == pytest.approx(0.6)
    assert found.majority_rate == pytest.approx(0.6)
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.mcc == pytest.approx((2 * 1 - 1 * 1) / math.sqrt(3 * 3 * 2 * 2))
    assert found.long_share == pytest.approx(0.6)
    assert found.auc == pytest.approx(5 / 6)
    assert found.brier == pytest.approx((0.01 + 0.36 + 0.25 + 0.04 + 0.09) / 5)
    logs = [math.log(p) for p in (0.9, 0.4, 0.5, 0.8, 0.7)]
    assert found.log_loss == pytest.approx(-sum(logs) / 5)
    assert found.brier_base == pytest.approx(0.24)
    assert found.log_loss_base == pytest.approx(
        -(0.6 * math.log(0.6) + 0.4 * math.log(0.4))
    )


def test_metrics_agree_with_the_reference(parameters: Parameters) -> None:
    generator = np.random.default_rng(1)
    label = (generator.random(800) < 0.55).astype(float)
    probability = np.clip(0.4 + 0.2 * label + 0.3 * generator.random(800), 0, 1)
    found = ev.evaluate(rows(probability, label), parameters)
    named = probability > 0.5
    assert found.accuracy == pytest.approx(reference.accuracy_score(label, named))
    assert found.balanced_accuracy == pytest.approx(
        reference.balanced_accuracy_score(label, named)
    )
    assert found.mcc == pytest.approx(reference.matthews_corrcoef(label, named))
    assert found.log_loss == pytest.approx(reference.log_loss(label, probability))
    assert found.brier == pytest.approx(reference.brier_score_loss(label, probability))
    assert found.auc_raw == pytest.approx(reference.roc_auc_score(label, probability))


def test_calibration_bins_hold_every_row_once(parameters: Parameters) -> None:
    generator = np.random.default_rng(2)
    probability = generator.random(103)
    label = (generator.random(103) < probability).astype(float)
    bins = ev.evaluate(rows(probability, label), parameters).calibration
    assert sum(one.rows for one in bins) == 103
    assert len(bins) == 10
    assert all(one.probability_low <= one.probability_high for one in bins)
    assert sum(one.up_share * one.rows for one in bins) == pytest.approx(label.sum())
    # These probabilities are true, so the bins lie near the diagonal.
    assert bins[-1].up_share - bins[0].up_share > 0.5


def test_always_long_has_no_correlation(parameters: Parameters) -> None:
    found = ev.evaluate(rows([0.6, 0.7, 0.8], [1.0, 0.0, 1.0]), parameters)
    assert (found.mcc, found.long_share) == (0.0, 1.0)
    assert found.balanced_accuracy == 0.5


def test_fold_with_one_class_has_no_area(parameters: Parameters) -> None:
    found = ev.OutOfSample(
        probability_up=HAND.probability_up,
        standing=HAND.standing,
        label_up=np.array([1.0, 0.0, 1.0, 1.0, 1.0]),
        fold=np.array([0, 0, 1, 1, 1]),
    )
    assert ev.evaluate(found, parameters).auc_folds == (1.0, None)


def test_fold_levels_do_not_enter_the_area(parameters: Parameters) -> None:
    # Two folds rank well inside, but one model names everything more probable.
    label = np.tile([0.0, 1.0], 20)
    inside = np.tile([0.25, 0.75], 20)
    lifted = 0.1 * inside + np.repeat([0.1, 0.8], 20)
    found = ev.evaluate(
        ev.OutOfSample(
            probability_up=lifted,
            standing=inside,
            label_up=label,
            fold=np.repeat([0, 1], 20),
        ),
        parameters,
    )
    assert found.auc == 1.0
    assert found.auc_raw == pytest.approx(0.75)


def test_one_class_is_refused(parameters: Parameters) -> None:
    with pytest.raises(DataError, match="all 2 out-of-sample rows have label_up True"):
        ev.evaluate(rows([0.2, 0.3], [1.0, 1.0]), parameters)


@pytest.mark.parametrize("value", [float("nan"), 1.2, -0.1])
def test_probability_outside_its_range_is_refused(
    parameters: Parameters, value: float
) -> None:
    with pytest.raises(DataError, match="probability is null or outside"):
        ev.evaluate(rows([0.2, value], [1.0, 0.0]), parameters)


def test_metric_that_is_not_finite_is_refused(parameters: Parameters) -> None:
    broken = ev.OutOfSample(
        probability_up=np.array([0.2, 0.3]),
        standing=np.array([np.nan, np.nan]),
        label_up=np.array([np.nan, 1.0]),
        fold=np.zeros(2, dtype=np.int64),
    )
    with pytest.raises(DataError):
        ev.evaluate(broken, parameters)
