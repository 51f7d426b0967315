"""A dbt project of a few models over the raw trades, built in seconds."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from solalpha.config import project_dir

FILES = "{{ env_var('SOLALPHA_DATA_DIR') }}/raw/trades/**/*.parquet"
# Days that are built already are kept, as in the project's own heavy layer.
DAYS = f"""
{{{{ config(materialized='incremental', incremental_strategy='delete+insert',
    unique_key='day') }}}}
select date_trunc('day', event_at at time zone 'UTC') as day, coin, price
from read_parquet('{FILES}', hive_partitioning = false)
{{% if is_incremental() %}}
where date_trunc('day', event_at at time zone 'UTC') not in (
    select day from {{{{ this }}}} )
{{% endif %}}
"""
PUBLIC = """
select coin, day as bar_closed_at, cast(max(price) as double) as close
from {{ ref('days') }} group by all
"""
PROPERTIES = """
  - name: {name}
    description: One row per coin and day.
    access: public
    columns:
      - {{name: coin, data_type: varchar, description: c, data_tests: [not_null]}}
      - {{name: bar_closed_at, data_type: timestamp, description: b}}
      - {{name: close, data_type: double, description: p}}
"""


def write_small_project(
    folder: Path, public: Sequence[str] = ("bars",), copies: int = 0
) -> Path:
    """Write a project of the public models named, and private copies, and return it."""
    project, real = folder / "small" / "dbt_project", project_dir()
    models = project / "models"
    models.mkdir(parents=True)
    whole = yaml.safe_load((real / "dbt_project.yml").read_text())
    kept = ("name", "version", "config-version", "profile", "vars", "flags")
    document = {name: whole[name] for name in kept}
    document["models"] = {"solalpha": {"+materialized": "table"}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(document))
    shutil.copy(real.parent / "profiles.yml", project.parent)
    (models / "days.sql").write_text(DAYS)
    for name in public:
        (models / f"{name}.sql").write_text(PUBLIC)
    for number in range(copies):
        (models / f"copy_{number}.sql").write_text("select * from {{ ref('days') }}")
    told = "".join(PROPERTIES.format(name=name) for name in public)
    (models / "_models.yml").write_text(f"models:\n{told}")
    return project
