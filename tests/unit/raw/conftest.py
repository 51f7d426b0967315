from __future__ import annotations

from pathlib import Path

import pytest

from solalpha.config import Parameters, Paths, load_parameters


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return load_parameters()
