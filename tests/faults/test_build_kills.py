"""A slice of the campaign that kills builds; the whole one is `make build-kills`."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tests.faults import warehouse_files
from tests.faults.build_kills import kill_once, make_world
from tests.faults.small_project import write_small_project

from solalpha.config import PROJECT_DIR_VARIABLE

SEED = 7


@pytest.fixture
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand a project of a few models, built in seconds, in for the whole one."""
    project = write_small_project(tmp_path, copies=10)
    monkeypatch.setenv(PROJECT_DIR_VARIABLE, str(project))


@pytest.mark.usefixtures("small_project")
def test_kills_leave_a_whole_version_and_a_build_like_a_clean_one(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path / "world")
    # One at any moment, one while the version is written.
    for number in (1, 2):
        kill = kill_once(world, number, SEED, tmp_path)
        assert kill.is_sound, kill


def test_a_changed_cell_and_a_missing_table_are_found(tmp_path: Path) -> None:
    for name, last in (("one", "null"), ("two", "null"), ("three", "2.0")):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(
                f"create table bars as select * from (values ('A', 1.0), ('B', {last}))"
            )
    files = [tmp_path / name for name in ("one", "two", "three")]
    assert warehouse_files.unlike(files[0], files[1]) == {}
    assert warehouse_files.unlike(files[0], files[2]) == {"main.bars": 2}
    with duckdb.connect(str(files[2])) as connection:
        connection.execute("create table bars__dbt_tmp as select 1 as one")
    assert warehouse_files.unlike(files[0], files[2])["main.bars__dbt_tmp"] == -1
    assert warehouse_files.build_id(files[0]) is None
