"""What several files of this folder read: the lake of features and its market."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.dbt.features_lake import Market, built_lake, make_market, read


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built lake of features; whoever changes it takes a copy."""
    return built_lake(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def market() -> Market:
    """What the lake of features was made of."""
    return make_market()


@pytest.fixture(scope="module")
def features(lake: Path) -> pl.DataFrame:
    """SOL's rows of the lake's features, in the order of bars."""
    return read(
        lake, "select * from features where coin = 'SOL' order by bar_closed_at"
    )
