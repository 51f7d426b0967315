"""Worlds are summed up as the definitions say."""

from __future__ import annotations

import pytest

from solalpha.audit.placebo import World, run_placebo, summarise
from solalpha.config import load_parameters
from solalpha.errors import ConfigError


def world(seed: int, auc: float, *, edge: float = 1.0, gain: float = 0.0) -> World:
    return World(
        seed=seed,
        edge=edge,
        days=10,
        bayes_auc=0.65,
        auc=auc,
        auc_low=auc - 0.04,
        auc_high=auc + 0.04,
        accuracy=0.5,
        majority_rate=0.52,
        verdict="BEATS" if auc > 0.6 else "INCONCLUSIVE",
        gains={"perp": gain},
    )


def test_worlds_are_summed_up_by_hand_worked_numbers() -> None:
    found = summarise([world(1, 0.62, gain=0.1), world(2, 0.58), world(3, 0.51)])
    assert found.worlds == 3
    assert found.verdicts == {"BEATS": 1, "INCONCLUSIVE": 2}
    assert found.mean_auc == pytest.approx(0.57)
    assert found.median_auc_width == pytest.approx(0.08)
    assert found.intervals_holding_half == 1
    assert found.edges_found == 2
    assert found.recovered_share == pytest.approx(0.07 / 0.15)
    # Standard deviation 0.0557, over the root of 3, times 1.96.
    assert found.auc_interval == pytest.approx((0.57 - 0.0630, 0.57 + 0.0630), abs=1e-4)
    assert found.mean_gain == {"perp": pytest.approx(0.1 / 3)}


def test_share_recovered_of_no_edge_is_not_a_number() -> None:
    assert summarise([world(1, 0.5, edge=0.0), world(2, 0.5)]).recovered_share is None


def test_one_world_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match="at least 2 worlds"):
        run_placebo(
            load_parameters(),
            seeds=[1, 1],
            edge=0.0,
            days=10,
            book_interval_s=3600,
            work_dir=tmp_path,
            progress=None,
        )
