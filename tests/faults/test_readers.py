"""A slice of the campaign of readers beside publishes; the whole is `make readers`."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from tests.faults import reading
from tests.faults.readers import STAMPED, Campaign, judged, run
from tests.faults.small_project import write_small_project
from tests.integration.program import call

from solalpha.config import PROJECT_DIR_VARIABLE, load_parameters, load_paths

PUBLISHES = 12


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    project = write_small_project(tmp_path, STAMPED)
    monkeypatch.setenv(PROJECT_DIR_VARIABLE, str(project))
    sample = ("--days", "2", "--book-interval", "900", "--data-dir", tmp_path / "data")
    assert call("sample", *sample).code == 0
    assert call("build", "--data-dir", tmp_path / "data").code == 0
    return Campaign(
        paths=load_paths(tmp_path / "data"),
        parameters=load_parameters(),
        project=project,
        readers=4,
        publishes=PUBLISHES,
    )


def test_readers_see_one_whole_version_each(campaign: Campaign, tmp_path: Path) -> None:
    facts = run(campaign, tmp_path / "seen")
    assert facts["examples"] == []
    assert facts["connections"] >= campaign.readers
    assert facts["versions_seen"] > 1
    assert facts["versions_kept"] == 5
    counted = ("readers_failed", "refused", "lock_errors", "mixed_versions")
    assert [facts[name] for name in counted] == [0, 0, 0, 0]
    assert facts["leftovers"] == []

    # The same eyes see a file changed under the link, and that none is there.
    file = campaign.paths.warehouse / "versions" / "torn.duckdb"
    link = campaign.paths.warehouse / "current.duckdb"
    shutil.copy(link, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("update bars set stamp = 1")
    link.unlink()
    link.symlink_to(file)
    for style in ("library", "client"):
        found = reading.once(campaign.paths.data_dir, style)
        assert any("of two versions" in text for text in found["wrong"])
        assert judged([found], {found["build_id"]: 12.0})["mixed_versions"]
    link.unlink()
    for style in ("library", "client"):
        found = reading.once(campaign.paths.data_dir, style)
        assert judged([found], {})["refused"] == 1
