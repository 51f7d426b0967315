"""Run a procedure out of sample: fit before each test block, predict inside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solalpha.model.contribution import loss_saved
from solalpha.model.dataset import Dataset, FeatureRows
from solalpha.model.evaluate import OutOfSample
from solalpha.model.experiment import Settings
from solalpha.model.fitting import FittedModel, fit_rows
from solalpha.model.learner import Learner
from solalpha.model.ranking import standing
from solalpha.model.splits import Split

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfSampleRun:
    """Hold what a procedure predicted outside its train rows.

    Attributes
    ----------
    bar_closed_at, probability_up, standing, fold
        ndarrays of shape (n_bars,): every warm bar of the test blocks, labelled or
        not, in time order.
    labelled
        The rows among them whose label may be looked at.
    contribution
        ndarray of shape (n_features,): mean absolute share in the log-odds over the
        predicted bars.
    loss_saved
        ndarray of shape (n_labelled, n_features): log loss that each feature's share
        saves in each row of ``labelled``.
    """

    bar_closed_at: NDArray[np.datetime64]
    probability_up: NDArray[np.float64]
    standing: NDArray[np.float64]
    fold: NDArray[np.int64]
    labelled: OutOfSample
    contribution: NDArray[np.float64]
    loss_saved: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    bars: FeatureRows
    probability_up: NDArray[np.float64]
    standing: NDArray[np.float64]
    fold: NDArray[np.int64]
    is_labelled: NDArray[np.bool_]
    label_up: NDArray[np.float64]
    contribution: NDArray[np.float64]
    loss_saved: NDArray[np.float64]


def predict_out_of_sample(
    dataset: Dataset,
    bars: FeatureRows,
    splits: Sequence[Split],
    *,
    learner: Learner,
    settings: Settings,
    progress: Progress | None,
) -> OutOfSampleRun:
    """Fit once per split on its train rows and predict the bars of its test block.

    Parameters
    ----------
    dataset
        Labelled rows, to which the splits' positions refer.
    bars
        Every warm row, so that bars without a label are predicted as well.
    splits
        In time order.
    learner, settings
        Library and experiment.
    progress
        Called with a name, splits done and splits in all.
    """
    blocks: list[_Block] = []
    for split in splits:
        if progress is not None:
            progress("walk-forward", len(blocks), len(splits))
        model = fit_rows(dataset, split.train, learner, settings)
        inside = bars.between(split.test_from, split.test_to)
        blocks.append(_block(dataset, split, model, inside))
    if progress is not None:
        progress("walk-forward", len(splits), len(splits))
    return _joined(blocks)


def _block(
    dataset: Dataset, split: Split, model: FittedModel, bars: FeatureRows
) -> _Block:
    probability = model.probability_up(bars.features)
    reference = model.probability_up(dataset.features[split.train])
    test_bars = dataset.bar_closed_at[split.test]
    place = np.searchsorted(bars.bar_closed_at, test_bars)
    is_labelled = np.zeros(bars.bar_closed_at.size, dtype=bool)
    is_labelled[place] = True
    label_up = np.full(bars.bar_closed_at.size, np.nan)
    label_up[place] = dataset.label_up[split.test]
    shares = model.contributions(bars.features)
    return _Block(
        bars=bars,
        probability_up=probability,
        standing=standing(probability, reference),
        fold=np.full(probability.size, split.fold, dtype=np.int64),
        is_labelled=is_labelled,
        label_up=label_up,
        contribution=np.abs(shares[:, :-1]).sum(axis=0),
        loss_saved=loss_saved(shares[is_labelled], label_up[is_labelled]),
    )


def _joined(blocks: Sequence[_Block]) -> OutOfSampleRun:
    probability = np.concatenate([block.probability_up for block in blocks])
    standings = np.concatenate([block.standing for block in blocks])
    fold = np.concatenate([block.fold for block in blocks])
    is_labelled = np.concatenate([block.is_labelled for block in blocks])
    label_up = np.concatenate([block.label_up for block in blocks])
    total = np.sum([block.contribution for block in blocks], axis=0)
    return OutOfSampleRun(
        bar_closed_at=np.concatenate([block.bars.bar_closed_at for block in blocks]),
        probability_up=probability,
        standing=standings,
        fold=fold,
        labelled=OutOfSample(
            probability_up=probability[is_labelled],
            standing=standings[is_labelled],
            label_up=label_up[is_labelled],
            fold=fold[is_labelled],
        ),
        contribution=np.asarray(total / probability.size, dtype=np.float64),
        loss_saved=np.concatenate([block.loss_saved for block in blocks]),
    )
