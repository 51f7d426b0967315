"""Every feature is known after as many bars as it declares, on data without a hole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.program import Answer

from solalpha.audit.warmup import FeatureWarmup, measure
from solalpha.config import load_parameters, load_paths
from solalpha.warehouse import rebuild
from solalpha.warehouse.rebuild import Project

Program = Callable[..., Answer]
# Longer than the longest window, of 200 bars.
DAYS = 12


@pytest.fixture(scope="module")
def warmups(
    program: Program, tmp_path_factory: pytest.TempPathFactory
) -> tuple[FeatureWarmup, ...]:
    """Return what is measured of a small market that never falls silent."""
    data_dir = tmp_path_factory.mktemp("warmup") / "data"
    wish = ["--outages", 0, "--book-interval", 900, "--data-dir", data_dir]
    assert program("sample", "--days", DAYS, *wish).code == 0
    scored = program("score", "--scorer", "lexicon", "--data-dir", data_dir)
    assert scored.code == 0
    paths, parameters = load_paths(data_dir), load_parameters()
    project = Project.open(None, parameters)
    manifest = rebuild.parse(paths, project)
    rebuild.build(paths, project, ["+features"])
    return measure(paths, manifest, parameters.trade_coin, is_planted=False)


def test_measured_warmup_is_the_declared_one(
    warmups: tuple[FeatureWarmup, ...],
) -> None:
    wrong = {
        warmup.feature: (warmup.declared, warmup.measured)
        for warmup in warmups
        if not warmup.agrees
    }
    assert wrong == {}


def test_most_features_are_measured_and_all_declared(
    warmups: tuple[FeatureWarmup, ...],
) -> None:
    measured = [warmup for warmup in warmups if warmup.measured is not None]
    assert all(warmup.is_gapless for warmup in measured)
    assert all(warmup.declared is not None for warmup in warmups)
    assert len(measured) >= 200
