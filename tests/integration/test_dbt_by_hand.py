"""dbt as people type it: in its own file, beside the job, changed models only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from tests.faults.small_project import write_small_project
from tests.integration.program import call

from solalpha.config import load_parameters, load_paths, project_dir
from solalpha.warehouse.build import build, database

HOLD = """
import duckdb, sys
held = duckdb.connect(sys.argv[1])
held.execute("create or replace table held as select 1 as one")
print("held", flush=True)
sys.stdin.read()
"""
SELECTORS = ("staging", "heavy", "features", "marts", "results", "rules", "daily")
DAILY_VARS = (
    "{bar_minutes: 1440, label_horizon_bars: 1, decide_every_bars: 1, "
    "bars_per_year: 365}"
)


@contextmanager
def held(file: Path) -> Iterator[int]:
    """Write to a database in another process until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder.pid


class Hand:
    """Type dbt commands for one project and data directory."""

    def __init__(self, project: Path, data_dir: Path, work: Path) -> None:
        self.project, self.data_dir, self.work = project, data_dir, work

    def __call__(self, *command: str) -> subprocess.CompletedProcess[str]:
        dbt = shutil.which("dbt", path=str(Path(sys.executable).parent))
        return subprocess.run(
            [
                *(str(dbt), "--no-use-colors", *command),
                *("--project-dir", str(self.project)),
                *("--profiles-dir", str(self.project.parent)),
                *("--target-path", str(self.work / "target")),
                *("--log-path", str(self.work / "logs")),
            ],
            env=os.environ | {"SOLALPHA_DATA_DIR": str(self.data_dir)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    sample = ("--days", "2", "--book-interval", "900", "--data-dir", place)
    assert call("sample", *sample).code == 0
    return place


@pytest.fixture
def small(tmp_path: Path, data_dir: Path) -> Hand:
    project = write_small_project(tmp_path)
    shutil.copy(project_dir() / "selectors.yml", project)
    return Hand(project, data_dir, tmp_path / "work")


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    (place / "warehouse").mkdir(parents=True)
    return place


def test_hand_and_job_never_meet_and_two_hands_are_told(small: Hand) -> None:
    paths = load_paths(small.data_dir)
    with held(database(paths, "prod")):
        # The job writes all this while.
        done = small("build")
        assert done.returncode == 0, done.stdout
        again = small("test")
        assert again.returncode == 0, again.stdout
    with duckdb.connect(str(database(paths, "dev")), read_only=True) as connection:
        assert connection.execute("select count(*) from bars").fetchall() != [(0,)]
    with held(database(paths, "dev")) as holder:
        second = small("build")
        assert second.returncode != 0
        told = [
            line for line in second.stdout.splitlines() if "Could not set lock" in line
        ]
        assert f"(PID {holder})" in told[0]
        # And the job runs while a hand holds its file.
        build(
            paths,
            load_parameters(),
            select=None,
            target="prod",
            project=small.project,
        )


def test_changed_models_alone_are_built(small: Hand, tmp_path: Path) -> None:
    reads = "select coin, max(close) as close from {{ ref('bars') }} group by all"
    (small.project / "models" / "highs.sql").write_text(reads)
    assert small("build").returncode == 0
    state = tmp_path / "state"
    state.mkdir()
    shutil.copy(small.work / "target" / "manifest.json", state)
    changed = ("build", "--selector", "changed", "--state", str(state), "--defer")

    assert "Nothing to do" in small(*changed).stdout

    bars = small.project / "models" / "bars.sql"
    bars.write_text(bars.read_text().replace("max(price)", "min(price)"))
    done = small(*changed)
    assert done.returncode == 0, done.stdout
    assert [
        name
        for name in ("days", "bars", "highs")
        if f"model main.{name} " in done.stdout
    ] == [
        "bars",
        "highs",
    ]


def test_real_project_changes_select_what_reads_them(
    tmp_path: Path, empty: Path
) -> None:
    project = tmp_path / "copy" / "dbt_project"
    written = shutil.ignore_patterns("target", "logs")
    shutil.copytree(project_dir(), project, ignore=written)
    shutil.copy(project_dir().parent / "profiles.yml", project.parent)
    hand = Hand(project, empty, tmp_path / "work")
    assert hand("parse").returncode == 0
    state = tmp_path / "state"
    state.mkdir()
    shutil.copy(hand.work / "target" / "manifest.json", state)
    listed = ("ls", "--resource-type", "model", "--output", "name", "--quiet")

    labels = next(project.rglob("labels.sql"))
    labels.write_text(labels.read_text().replace("select", "select distinct", 1))
    found = hand(*listed, "--selector", "changed", "--state", str(state))
    names = set(found.stdout.split())
    assert {"labels", "training_rows"} <= names
    assert not names & {"bars", "features", "regimes"}
    for selector in SELECTORS:
        assert hand(*listed[:2], "model", "--selector", selector).returncode == 0

    # Sources are read by macros; their age is asked for in the same way.
    aged = hand("source", "freshness")
    assert aged.returncode == 0, aged.stdout
    assert aged.stdout.count("WARN freshness of raw.") == 9


def test_dbt_by_hand_refuses_wrong_numbers(tmp_path: Path, empty: Path) -> None:
    hand = Hand(project_dir(), empty, tmp_path / "work")
    daily = ("build", "--select", "coverage", "--target", "daily")
    for given in ((), ("--vars", "{bar_minutes: 1440}")):
        refused = hand(*daily, *given)
        assert refused.returncode != 0
        assert f"--vars '{DAILY_VARS}'" in refused.stdout
    guide = (project_dir().parent / "docs" / "guide.md").read_text(encoding="utf-8")
    assert f"--vars '{DAILY_VARS}'" in guide
    assert not load_paths(hand.data_dir).warehouse.joinpath("versions").exists()
    mistyped = hand("run", "--select", "coverage", "--vars", "{bar_minuets: 1440}")
    assert mistyped.returncode == 2
    assert "'bar_minuets' is unknown" in mistyped.stdout
    # What the project divides by as it is parsed does not hide the line.
    empty_window = hand("run", "--select", "coverage", "--vars", "{rsi_bars: 0}")
    assert empty_window.returncode == 2
    assert "rsi_bars is 0; expected a whole number" in empty_window.stdout
    done = hand("run", "--select", "+bars", *daily[3:], "--vars", DAILY_VARS)
    assert done.returncode == 0, done.stdout
    with duckdb.connect(
        str(database(load_paths(hand.data_dir), "daily")), read_only=True
    ) as connection:
        assert connection.execute("select count(*) from daily.bars").fetchall() == [
            (0,)
        ]
