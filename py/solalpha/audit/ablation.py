"""Ask of each group of features whether it earns its place in the model.

The default experiment starts from few features. Every other one is a candidate: the
whole walk-forward is run with and without it, on the same rows, folds and numbers, and
what it adds is told with an interval of the paired difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from solalpha.config import Parameters, Paths
from solalpha.errors import ConfigError, DataError
from solalpha.model import splits
from solalpha.model.dataset import Dataset, FeatureRows, feature_rows, labelled_rows
from solalpha.model.evaluate import OutOfSample, log_losses
from solalpha.model.experiment import PERP, settings_for
from solalpha.model.intervals import LEVEL, Blocks, Estimate, mean_estimate
from solalpha.model.learner import XGBOOST, learner_named
from solalpha.model.procedure import Progress, predict_out_of_sample
from solalpha.model.ranking import area_difference, area_with_interval
from solalpha.warehouse import rows_sql
from solalpha.warehouse.reader import Reader

PAPER_FORMS = "paper"
DEFAULT = "perp"
EVERYTHING = "all"
GROUPS = ("group", "feature")
# What the lakehouse's own columns are made from; the rest of perp are paper's forms.
_LAKEHOUSE = ("order_flow", "lakehouse")
_CATALOGUE = (
    "select feature, feature_group, source_table, experiments, standing, status "
    "from feature_catalogue order by feature_number"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Hold what one set of features reached, and what it adds to another.

    ``features`` counts those that have a value at all. ``auc_gain`` and
    ``log_loss_gain`` are paired differences to the set named ``compared_with``,
    positive where this set is better; None for a set that is compared with none.
    ``has_earned`` is True where the lower end of either gain lies above 0 and the
    other gain is not below 0.
    """

    name: str
    features: int
    auc: Estimate
    log_loss: float
    compared_with: str | None
    auc_gain: Estimate | None
    log_loss_gain: Estimate | None
    has_earned: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AblationResult:
    """Hold the comparisons of one coin's walk-forward.

    ``chance_of_one`` is the chance that at least one of the sets that were judged
    seems to earn a place although none does, at most and were they independent: each
    has two lower ends to pass 0 by luck.
    """

    coin: str
    rows: int
    folds: int
    log_loss_base: float
    chance_of_one: float
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    dataset: Dataset
    bars: FeatureRows
    cut: tuple[splits.Split, ...]
    parameters: Parameters


def ablate(
    paths: Paths,
    parameters: Parameters,
    *,
    coin: str,
    by: str,
    progress: Progress | None,
) -> AblationResult:
    """Run the walk-forward of ``perp`` with and without each group of candidates.

    The fits are read by nobody but the caller and are not counted among the trials of
    the deflated Sharpe ratio. Whoever moves features into an experiment because of
    them has chosen among as many sets: ``chance_of_one`` says what that choice may
    come to by luck.

    Parameters
    ----------
    paths
        Where the published version is.
    parameters
        Numbers of the run.
    coin
        Whose rows.
    by
        ``group`` adds the candidates of one group at a time, ``feature`` one alone.
    progress
        Called with a set's name, sets done and sets in all.

    Raises
    ------
    ConfigError
        If ``by`` is neither.
    DataError
        If rows are too few or nothing of the default set has a value.
    """
    if by not in GROUPS:
        raise ConfigError(f"--by {by!r}; expected one of {', '.join(GROUPS)}")
    with Reader.open(paths) as reader:
        listed = reader.query(_CATALOGUE)
        barred = reader.barred_features(coin, PERP)
        kept = listed.filter(
            (pl.col("status") != "missing") & ~pl.col("feature").is_in(list(barred))
        )
        sets = _sets(kept, by)
        names = kept.filter(pl.col("standing") != "level")["feature"].to_list()
        frame = reader.query(rows_sql.training_rows("main", names), [coin])
    ground = _ground(frame, tuple(names), parameters, coin)
    found: dict[str, OutOfSample] = {}
    for done, (name, (features, _)) in enumerate(sets.items()):
        if progress is not None:
            progress(name, done, len(sets))
        found[name] = _predicted(ground, features)
    return _result(ground, sets, found)


Sets = Mapping[str, tuple[tuple[str, ...], str | None]]


def _sets(kept: pl.DataFrame, by: str) -> Sets:
    # Each set by name: its features, and the set that it is compared with.
    in_perp = pl.col("experiments").str.split(", ").list.contains(PERP)
    start = tuple(kept.filter(in_perp)["feature"])
    in_paper = in_perp & ~pl.col("source_table").is_in(_LAKEHOUSE)
    paper = tuple(kept.filter(in_paper)["feature"])
    if not start:
        raise DataError(
            f"no feature of {PERP!r} has a value; expected some: see feature_gaps"
        )
    sets: dict[str, tuple[tuple[str, ...], str | None]] = {}
    if paper and paper != start:
        sets[PAPER_FORMS] = (paper, None)
    sets[DEFAULT] = (start, PAPER_FORMS if sets else None)
    candidates = kept.filter(pl.col("standing") == "candidate")
    column = "feature_group" if by == "group" else "feature"
    for name in candidates[column].unique(maintain_order=True):
        added = candidates.filter(pl.col(column) == name)["feature"]
        sets[f"{DEFAULT} + {name}"] = ((*start, *added), DEFAULT)
    if candidates.height:
        sets[EVERYTHING] = ((*start, *candidates["feature"]), DEFAULT)
    return sets


def _ground(
    frame: pl.DataFrame, names: tuple[str, ...], parameters: Parameters, coin: str
) -> _Ground:
    dataset = labelled_rows(frame, names, coin=coin)
    part = splits.development(
        dataset.bar_closed_at, dataset.known_at, share=parameters.train_share
    )
    minutes = parameters.embargo_bars * parameters.bar_minutes
    return _Ground(
        dataset=dataset,
        bars=feature_rows(frame, names, coin=coin),
        cut=splits.walk_forward(
            dataset.bar_closed_at,
            dataset.known_at,
            part,
            folds=parameters.walk_forward_folds,
            min_share=parameters.walk_forward_min_share,
            embargo=np.timedelta64(minutes, "m"),
        ),
        parameters=parameters,
    )


def _predicted(ground: _Ground, features: tuple[str, ...]) -> OutOfSample:
    # In the order of the warehouse, as train reads them: column draws depend on it.
    wanted = frozenset(features)
    places = [
        place
        for place, name in enumerate(ground.dataset.feature_names)
        if name in wanted
    ]
    names = tuple(ground.dataset.feature_names[place] for place in places)
    return predict_out_of_sample(
        replace(
            ground.dataset,
            feature_names=names,
            features=np.ascontiguousarray(ground.dataset.features[:, places]),
        ),
        replace(
            ground.bars,
            features=np.ascontiguousarray(ground.bars.features[:, places]),
        ),
        ground.cut,
        learner=learner_named(XGBOOST),
        settings=settings_for(PERP, ground.parameters),
        progress=None,
    ).labelled


def _result(
    ground: _Ground, sets: Sets, found: Mapping[str, OutOfSample]
) -> AblationResult:
    blocks = Blocks.of(ground.parameters)
    comparisons = tuple(
        _comparison(name, len(features), found, other, blocks)
        for name, (features, other) in sets.items()
    )
    label_up = found[DEFAULT].label_up
    base = np.full(label_up.size, float(label_up.mean()))
    judged = sum(one.compared_with == DEFAULT for one in comparisons)
    return AblationResult(
        coin=ground.dataset.coin,
        rows=int(label_up.size),
        folds=len(ground.cut),
        log_loss_base=float(log_losses(base, label_up).mean()),
        chance_of_one=1.0 - LEVEL**judged,
        comparisons=comparisons,
    )


def _comparison(
    name: str,
    features: int,
    found: Mapping[str, OutOfSample],
    other: str | None,
    blocks: Blocks,
) -> Comparison:
    rows = found[name]
    losses = log_losses(rows.probability_up, rows.label_up)
    auc_gain = loss_gain = None
    has_earned = None
    if other is not None:
        rival = found[other]
        auc_gain = area_difference(rows.standing, rival.standing, rows.label_up, blocks)
        saved = log_losses(rival.probability_up, rival.label_up) - losses
        loss_gain = mean_estimate(saved, blocks)
        has_earned = (
            max(auc_gain.low, loss_gain.low) > 0.0
            and min(auc_gain.value, loss_gain.value) >= 0.0
        )
    return Comparison(
        name=name,
        features=features,
        auc=area_with_interval(rows.standing, rows.label_up, blocks),
        log_loss=float(losses.mean()),
        compared_with=other,
        auc_gain=auc_gain,
        log_loss_gain=loss_gain,
        has_earned=has_earned,
    )
