from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from solalpha.config import Parameters, Paths, load_parameters
from solalpha.warehouse.reader import TrainingTable

HORIZON = 24
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data_dir=tmp_path)


@pytest.fixture
def parameters() -> Parameters:
    # Small trees and few draws: the tests judge the procedure, not the model.
    return load_parameters().override(
        {
            "perp_trees": "25",
            "perp_learning_rate": "0.2",
            "perp_min_child_weight": "3",
            "paper_trees": "20",
            "walk_forward_folds": "4",
            "bootstrap_draws": "300",
        }
    )


def walk(count: int, seed: int, pull: float) -> pl.DataFrame:
    """Make hourly rows of a price that a known signal pulls by ``pull`` deviations."""
    generator = np.random.default_rng(seed)
    signal = np.zeros(count + HORIZON)
    noise = generator.standard_normal(signal.size)
    for place in range(1, signal.size):
        signal[place] = 0.97 * signal[place - 1] + 0.24 * noise[place]
    steps = generator.standard_normal(signal.size)
    steps[1:] += pull * signal[:-1]
    price = np.cumsum(steps)
    past = np.concatenate([np.zeros(HORIZON), price[HORIZON:] - price[:-HORIZON]])
    ahead = price[HORIZON:] - price[:-HORIZON]
    bars = [START + timedelta(hours=place) for place in range(count)]
    return pl.DataFrame(
        {
            "coin": ["SOL"] * count,
            "bar_closed_at": bars,
            "decided_at": [bar + timedelta(seconds=30) for bar in bars],
            "is_warm": [True] * count,
            "signal": signal[:count],
            "momentum": past[:count],
            "noise": generator.standard_normal(count),
            "label_return": ahead,
            "label_up": ahead > 0,
            "sample_weight": [1.0 / HORIZON] * count,
            "known_at": [bar + timedelta(hours=HORIZON, seconds=5) for bar in bars],
            "quality_verdict": ["PASS"] * count,
        }
    )


FEATURES = ("signal", "momentum", "noise")


@pytest.fixture
def make_table() -> Callable[..., TrainingTable]:
    def make(
        count: int = 1500, seed: int = 1, pull: float = 0.0, unlabelled: int = 0
    ) -> TrainingTable:
        frame = walk(count, seed, pull)
        is_known = pl.int_range(pl.len()) < count - unlabelled
        names = ("label_return", "label_up", "sample_weight", "known_at")
        frame = frame.with_columns(
            pl.when(is_known).then(pl.col(name)).alias(name) for name in names
        )
        return TrainingTable(frame=frame, feature_names=FEATURES)

    return make
