"""A day of adopted files is read again when what its bars follow from changes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.dbt.features_lake import run_dbt
from tests.dbt.market_lake import make_lake, write_lake

from solalpha.config import project_dir

MODEL = "int_lakehouse_order_flow_aggregated_to_bars"
PARTS = (
    "dbt_project.yml",
    "macros",
    "models/staging/hyperliquid/_sources.yml",
    "models/staging/lakehouse/stg_lakehouse__order_flow.sql",
    f"models/intermediate/order_flow/{MODEL}.sql",
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fingerprint")
    write_lake(make_lake(), folder, until=None, seed=1)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for part in PARTS:
        source, target = project_dir() / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    return tmp_path


def _fingerprints(
    data_dir: Path, project: Path, variables: Mapping[str, object]
) -> set[str]:
    run_dbt(
        data_dir,
        ("compile", "--select", MODEL),
        variables=variables,
        project=project,
    )
    [file] = (data_dir / "dbt/target/compiled").rglob(f"{MODEL}.sql")
    found = re.findall(r"'([0-9a-f]{32})'\)", file.read_text())
    assert len(set(found)) == 2  # one of each file's days
    return set(found)


@pytest.fixture(scope="module")
def stored(data_dir: Path) -> set[str]:
    return _fingerprints(data_dir, project_dir(), {})


def test_same_code_and_parameters_keep_the_fingerprint(
    data_dir: Path, project: Path, stored: set[str]
) -> None:
    assert _fingerprints(data_dir, project, {"perp_trees": 1}) == stored


def test_changed_parameter_of_the_code_changes_the_fingerprint(
    data_dir: Path, project: Path, stored: set[str]
) -> None:
    changed = _fingerprints(data_dir, project, {"order_flow_delay_s": 2})
    assert not changed & stored


def test_changed_macro_of_staging_changes_the_fingerprint(
    data_dir: Path, project: Path, stored: set[str]
) -> None:
    file = project / "macros" / "order_flow_files.sql"
    text = file.read_text()
    assert "isfinite(" in text
    file.write_text(text.replace("isfinite(", "not isnan("))
    assert not _fingerprints(data_dir, project, {}) & stored
