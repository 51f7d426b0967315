"""A dbt project of a few lines, so that failures of a build can be planted."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from solalpha.config import Parameters, Paths, load_parameters, project_dir

PROPERTIES = """
models:
  - name: bars
    description: One row per coin and closed bar.
    access: public
    config:
      meta:
        causality: causal
        known_at_column: decided_at
        key: [coin, bar_closed_at]
    columns:
      - name: coin
        data_type: varchar
        description: Coin of the row's bar, it's the venue's key.
        config: {meta: {role: key}}
        data_tests: [not_null]
      - name: bar_closed_at
        data_type: timestamp
        description: Right edge.
        config: {meta: {role: key}}
      - name: close
        data_type: double
        description: Last price.
        config:
          meta:
            {role: feature, unit: USD, feature_group: technical,
             source_table: bars, experiments: [paper, perp]}
"""
BARS = """
select
    '{{ var("trade_coin") }}' as coin,
    timestamp '2025-01-01 01:00:00' as bar_closed_at,
    cast({{ var('bar_minutes') }} as double) as close,
"""


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return load_parameters()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data_dir=tmp_path / "data")


@pytest.fixture
def write_project(tmp_path: Path) -> Callable[..., Path]:
    """Write a project of the given models (name to SQL) and return its directory."""

    def write(
        models: dict[str, str] | None = None, properties: str = PROPERTIES
    ) -> Path:
        project = tmp_path / "tiny" / "dbt_project"
        folder = project / "models" / "marts"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        whole = yaml.safe_load((project_dir() / "dbt_project.yml").read_text())
        document = {
            "name": "solalpha",
            "version": "0.1.0",
            "config-version": 2,
            "profile": "solalpha",
            "models": {"solalpha": {"+materialized": "table"}},
            "vars": whole["vars"],
        }
        (project / "dbt_project.yml").write_text(yaml.safe_dump(document))
        shutil.copy(project_dir().parent / "profiles.yml", project.parent)
        for name, sql in (models or {"bars": BARS}).items():
            (folder / f"{name}.sql").write_text(sql)
        (folder / "_marts.yml").write_text(properties)
        return project

    return write
