"""The unit tests that stand beside the models, run by dbt on the small market."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.integration.program import Done

from solalpha.config import load_paths, profiles_dir, project_dir
from solalpha.warehouse.build import database
from solalpha.warehouse.dbt_call import Call, invoke

# As docs/guide.md has people type them for the target `daily`.
DAILY = {
    "bar_minutes": 1440,
    "label_horizon_bars": 1,
    "decide_every_bars": 1,
    "bars_per_year": 365,
}


@pytest.mark.parametrize("variables", [{}, DAILY], ids=["hourly", "daily"])
def test_every_unit_test_of_the_project_passes(
    done: Done, tmp_path: Path, variables: Mapping[str, object]
) -> None:
    # A test names the numbers that it was worked out for: other bars fail none.
    # A build of the program leaves them out: no data makes them fail, SQL does.
    paths = load_paths(tmp_path)
    paths.warehouse.mkdir(parents=True)
    built = database(load_paths(done.data_dir), "prod")
    shutil.copy(built, database(paths, "prod"))
    call = Call(
        project=project_dir(),
        profiles=profiles_dir(),
        target="prod",
        variables=variables,
        paths=paths,
    )
    outcome = invoke(call, ["test", "--select", "test_type:unit"], None)
    results = {
        found.node.name: str(found.status)
        for found in outcome.result.results
        if str(found.node.resource_type) == "unit_test"
    }
    written = sum(
        file.read_text(encoding="utf-8").count("\n  - name: test_")
        for file in (project_dir() / "models").rglob("*.yml")
    )
    assert len(results) == written
    assert {name for name, status in results.items() if status != "pass"} == set()
