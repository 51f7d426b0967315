from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from solalpha.config import Paths
from solalpha.model.contribution import (
    contributions,
    loss_saved,
    write_contributions,
)
from solalpha.model.intervals import Blocks
from solalpha.model.records import Run

BLOCKS = Blocks(horizon_bars=1, block_bars=10, draws=200, seed=3)
RUN = Run(
    model_id="m",
    experiment="perp",
    algorithm="xgboost",
    coin="SOL",
    parameters_fingerprint="f",
    build_id="b",
    created_at=datetime(2025, 1, 1, tzinfo=UTC),
)


def test_loss_saved_of_hand_worked_rows() -> None:
    # Base 0, shares ln 3 and 0: P(up) is 3/4 with the first share and 1/2 without.
    shares = np.array([[math.log(3), 0.0, 0.0], [math.log(3), 0.0, 0.0]])
    found = loss_saved(shares, np.array([1.0, 0.0]))
    assert found[0].tolist() == pytest.approx([math.log(0.75 / 0.5), 0.0])
    assert found[1].tolist() == pytest.approx([math.log(0.25 / 0.5), 0.0])


def test_loss_saved_of_certain_rows_stays_finite() -> None:
    found = loss_saved(np.array([[800.0, -900.0, 0.0]]), np.array([1.0]))
    # With both shares the log-odds are -100; without the first -900, the second 800.
    assert found[0].tolist() == pytest.approx([800.0, -100.0])


def test_feature_that_helped_stands_first_and_above_nothing() -> None:
    generator = np.random.default_rng(1)
    label_up = (generator.random(400) < 0.5).astype(float)
    helped = 0.8 * (2 * label_up - 1) + 0.3 * generator.standard_normal(400)
    misled = 0.5 * (1 - 2 * label_up)
    shares = np.column_stack([np.zeros(400), misled, helped, np.zeros(400)])
    saved = loss_saved(shares, label_up)
    found = contributions(
        RUN, ("idle", "misled", "helped"), saved, np.abs(shares[:, :3]).mean(0), BLOCKS
    )
    assert found["feature"].to_list() == ["helped", "idle", "misled"]
    assert found["contribution_rank"].to_list() == [1, 2, 3]
    assert found["contribution_low"][0] > 0
    assert found["contribution"].to_list()[1] == 0.0
    assert found["contribution_high"][2] < 0
    assert found["contribution"][0] == pytest.approx(saved[:, 2].mean())


def test_contributions_of_a_model_are_replaced(paths: Paths) -> None:
    saved = np.zeros((30, 1))
    frame = contributions(RUN, ("a",), saved, np.zeros(1), BLOCKS)
    write_contributions(paths, "m", frame)
    path = write_contributions(paths, "m", frame)
    assert path == paths.results / "feature_contributions" / "m.parquet"
    assert pl.read_parquet(path).equals(frame)
    assert [one.name for one in path.parent.iterdir()] == ["m.parquet"]
