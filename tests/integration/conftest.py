"""A small simulated market, run once, that the integration tests look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.program import Answer, Done, call, make_sample


@pytest.fixture(scope="session")
def program() -> Callable[..., Answer]:
    """Return the program as a function."""
    return call


@pytest.fixture(scope="session")
def sample_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory that holds the small market's raw tables only."""
    data_dir = tmp_path_factory.mktemp("sample") / "data"
    make_sample(data_dir)
    return data_dir


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Run the whole job once on the small market."""
    data_dir = tmp_path_factory.mktemp("run") / "data"
    make_sample(data_dir)
    answer = call("run", "--source", "sample", "--data-dir", data_dir, "--json")
    assert answer.code == 0, answer.err
    return Done(data_dir=data_dir, facts=answer.json)
