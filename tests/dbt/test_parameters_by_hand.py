"""dbt typed by hand refuses what the program refuses: unknown names, wrong numbers."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner

from solalpha.config import load_parameters, project_dir
from solalpha.parameter_ranges import ranges
from solalpha.warehouse.dbt_call import close_connections

Hand = Callable[[dict[str, object]], str | None]
NUMBERS = [name for name, limits in ranges().items() if not limits.get("is_text")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project, without its models but one."""
    root = tmp_path_factory.mktemp("by_hand")
    project = root / "dbt_project"
    shutil.copytree(project_dir() / "macros", project / "macros")
    shutil.copy(project_dir() / "dbt_project.yml", project)
    shutil.copy(project_dir().parent / "profiles.yml", root)
    (project / "models").mkdir()
    (project / "models" / "one.sql").write_text("select 1 as one")
    return project


@pytest.fixture
def hand(project: Path, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """Run dbt with variables and return the line of its refusal, if it refuses."""
    data_dir = project.parent / "data"
    (data_dir / "warehouse").mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("SOLALPHA_DATA_DIR", str(data_dir))

    def run(variables: dict[str, object]) -> str | None:
        try:
            done = dbtRunner().invoke(
                [
                    *("--log-level=none", "--log-level-file=none", "run"),
                    *(f"--project-dir={project}", f"--profiles-dir={project.parent}"),
                    *(f"--vars={json.dumps(variables)}", "--no-partial-parse"),
                ]
            )
        finally:
            close_connections()
        return None if done.success else str(done.exception).splitlines()[1].strip()

    return run


def test_values_that_the_program_sends_are_taken(hand: Hand) -> None:
    assert hand({}) is None
    assert hand(load_parameters().as_dict()) is None


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (
            {"bar_minuets": 15},
            "--vars: parameter 'bar_minuets' is unknown; expected one of the vars in "
            "dbt_project.yml, perhaps bar_minutes",
        ),
        (
            {"nothing": 1},
            "--vars: parameter 'nothing' is unknown; expected one of the vars in "
            "dbt_project.yml",
        ),
        (
            {"bar_minutes": -5},
            "--vars: parameter bar_minutes is -5; expected a whole number that divides "
            "1440, the minutes of a day",
        ),
        (
            {"bar_minutes": 7, "slippage_bps": "x"},
            "--vars: parameter bar_minutes is 7; expected a whole number that divides "
            "1440, the minutes of a day; --vars: parameter slippage_bps is x; expected "
            "0 or more",
        ),
        (
            {"paper_start_usd": 0},
            "--vars: parameter paper_start_usd is 0; expected a number above 0",
        ),
        (
            {"perp_depth": 2.5},
            "--vars: parameter perp_depth is 2.5; expected a whole number of 1 or more",
        ),
        (
            {"train_share": 1.5},
            "--vars: parameter train_share is 1.5; expected a share from 0 to 1",
        ),
        (
            {"trade_coin": False},
            "--vars: parameter trade_coin is False; expected a text",
        ),
        (
            {"slippage_bps": float("nan")},
            "--vars: parameter slippage_bps is NaN; expected 0 or more",
        ),
    ],
)
def test_wrong_vars_are_refused_in_one_line(
    hand: Hand, variables: dict[str, object], line: str
) -> None:
    assert hand(variables) == line


def test_every_number_is_judged(hand: Hand) -> None:
    line = hand(dict.fromkeys(NUMBERS, -2)) or ""
    assert sorted(re.findall(r"parameter (\w+) is -2", line)) == sorted(NUMBERS)


def test_number_edited_in_the_project_is_judged(project: Path, hand: Hand) -> None:
    path = project / "dbt_project.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("rsi_bars: 14", "rsi_bars: 0"), encoding="utf-8")
    try:
        line = hand({})
    finally:
        path.write_text(text, encoding="utf-8")
    assert line == (
        "dbt_project.yml: parameter rsi_bars is 0; expected a whole number of 2 or more"
    )
