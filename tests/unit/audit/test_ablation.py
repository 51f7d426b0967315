"""The sets that an ablation compares, and what it takes to earn a place."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from solalpha.audit import ablation
from solalpha.config import Paths, load_parameters
from solalpha.errors import ConfigError, DataError
from solalpha.model.evaluate import OutOfSample
from solalpha.model.intervals import Blocks

ROWS = 600
BLOCKS = Blocks(horizon_bars=1, block_bars=3, draws=400, seed=1)
COLUMNS = ("feature", "feature_group", "source_table", "experiments", "standing")
CATALOGUE = pl.DataFrame(
    [
        ("close", "technical", "bars", "", "level"),
        ("rsi_14", "technical", "bars", "paper, perp", "model"),
        ("ema_50", "technical", "bars", "paper", "model"),
        ("spread_bps_mean", "order_flow", "order_flow", "perp", "model"),
        ("return_1", "technical", "bars", "", "candidate"),
        ("har_variance_1", "volatility", "bars", "", "candidate"),
        ("return_2", "technical", "bars", "", "candidate"),
    ],
    schema=COLUMNS,
    orient="row",
)
START = ("rsi_14", "spread_bps_mean")


def test_each_group_of_candidates_is_added_to_the_default_alone() -> None:
    assert ablation._sets(CATALOGUE, "group") == {
        "paper": (("rsi_14",), None),
        "perp": (START, "paper"),
        "perp + technical": ((*START, "return_1", "return_2"), "perp"),
        "perp + volatility": ((*START, "har_variance_1"), "perp"),
        "all": ((*START, "return_1", "har_variance_1", "return_2"), "perp"),
    }


def test_each_candidate_is_added_alone() -> None:
    sets = ablation._sets(CATALOGUE, "feature")
    assert list(sets) == [
        "paper",
        "perp",
        "perp + return_1",
        "perp + har_variance_1",
        "perp + return_2",
        "all",
    ]
    assert sets["perp + return_2"] == ((*START, "return_2"), "perp")


def test_without_order_flow_there_is_no_set_of_papers_forms() -> None:
    bars = CATALOGUE.filter(pl.col("source_table") == "bars")
    sets = ablation._sets(bars, "group")
    assert sets["perp"] == (("rsi_14",), None)
    assert "paper" not in sets


def test_nothing_to_start_from_is_refused() -> None:
    candidates = CATALOGUE.filter(pl.col("standing") == "candidate")
    with pytest.raises(DataError, match="no feature of 'perp' has a value"):
        ablation._sets(candidates, "group")


def test_another_way_to_group_is_refused(paths: Paths) -> None:
    with pytest.raises(ConfigError, match="--by 'model'; expected one of group"):
        ablation.ablate(paths, load_parameters(), coin="SOL", by="model", progress=None)


@pytest.fixture
def paths(tmp_path: object) -> Paths:
    return Paths(data_dir=tmp_path)  # type: ignore[arg-type]


def predicted(lean: float) -> OutOfSample:
    # Labels in turns; a lean of 0 tells nothing, a positive one is right in 2 of 3.
    place = np.arange(ROWS)
    label_up = (place % 2).astype(np.float64)
    side = np.where(place % 3 == 0, -1.0, 1.0) * (2.0 * label_up - 1.0)
    probability = 0.5 + lean * side
    return OutOfSample(
        probability_up=probability,
        standing=probability,
        label_up=label_up,
        fold=np.zeros(ROWS, dtype=np.int64),
    )


def compared(name: str, other: str | None) -> ablation.Comparison:
    found = {"perp": predicted(0.0), "good": predicted(0.1), "bad": predicted(-0.1)}
    return ablation._comparison(name, 3, found, other, BLOCKS)


def test_a_set_that_helps_earns_its_place_by_the_worked_gain() -> None:
    good = compared("good", "perp")
    # Two rows in three are right: log(0.6) for them and log(0.4) for the third.
    loss = -(2.0 * np.log(0.6) + np.log(0.4)) / 3.0
    assert good.log_loss == pytest.approx(loss)
    assert good.log_loss_gain is not None
    assert good.log_loss_gain.value == pytest.approx(np.log(2.0) - loss)
    # An up row scores high in 2 of 3, a down row low in 2 of 3: 4/9, and half the ties.
    assert good.auc.value == pytest.approx(4 / 9 + (2 / 9 + 2 / 9) / 2)
    assert good.auc_gain is not None
    assert good.auc_gain.value == pytest.approx(good.auc.value - 0.5)
    assert good.has_earned is True


def test_a_set_that_misleads_or_changes_nothing_earns_none() -> None:
    assert compared("bad", "perp").has_earned is False
    assert compared("perp", "perp").has_earned is False


def test_a_set_compared_with_none_is_not_judged() -> None:
    alone = compared("perp", None)
    assert (alone.auc_gain, alone.log_loss_gain, alone.has_earned) == (None,) * 3
    assert replace(alone, name="x").auc.value == pytest.approx(0.5)
