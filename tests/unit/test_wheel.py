"""The wheel's parts, by hatch's own rules: a build would need the network."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROJECT = "solalpha/_project/dbt_project"
# What dbt and editors leave in the project, and folders that hold no file.
WRITTEN = {"target", "logs", "dbt_packages", "package-lock.yml", ".user.yml"}


def wheel_rules() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        document = tomllib.load(stream)
    return document["tool"]["hatch"]["build"]["targets"]["wheel"]


def files_under(folder: Path) -> list[Path]:
    return [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]


def wheel_files() -> set[str]:
    """Return the names in the wheel: packages, then what is included by force."""
    rules = wheel_rules()
    assert set(rules) == {"packages", "force-include"}, "a rule this test cannot read"
    names = {
        file.relative_to((ROOT / package).parent).as_posix()
        for package in rules["packages"]
        for file in files_under(ROOT / package)
    }
    for source, target in rules["force-include"].items():
        place = ROOT / source
        assert place.exists(), f"{source} is included but not there"
        inner = files_under(place) if place.is_dir() else [place]
        names |= {
            (PurePosixPath(target) / file.relative_to(place).as_posix()).as_posix()
            for file in inner
        }
    return names


def test_wheel_holds_what_the_program_reads() -> None:
    wanted = {
        f"{PROJECT}/dbt_project.yml",
        f"{PROJECT}/published/_macros.yml",
        "solalpha/_project/profiles.yml",
        "solalpha/report/page.html.j2",
        "solalpha/sentiment/lexicon.csv",
        "solalpha/cli/app.py",
    }
    assert wanted <= wheel_files()


def test_wheel_holds_every_file_of_the_dbt_project() -> None:
    ours = {
        f"{PROJECT}/{file.relative_to(ROOT / 'dbt_project').as_posix()}"
        for part in (ROOT / "dbt_project").iterdir()
        if part.name not in WRITTEN
        for file in ([part] if part.is_file() else files_under(part))
        if file.name != ".gitkeep"
    }
    found = {name for name in wheel_files() if name.startswith(PROJECT)}
    assert found == ours


def test_wheel_holds_every_folder_that_dbt_project_names() -> None:
    settings = yaml.safe_load((ROOT / "dbt_project/dbt_project.yml").read_text())
    named = {
        folder
        for key, folders in settings.items()
        if key.endswith("-paths")
        for folder in folders
        if files_under(ROOT / "dbt_project" / folder)
    }
    held = {name.split("/")[3] for name in wheel_files() if name.startswith(PROJECT)}
    assert named <= held
    assert {"macros", "models", "tests"} <= held


def test_ignored_names_hit_no_folder_of_the_package() -> None:
    # hatch leaves out what git ignores, whatever its depth, without a word.
    lines = (ROOT / ".gitignore").read_text().splitlines()
    loose = {line.rstrip("/") for line in lines if re.fullmatch(r"[\w.-]+/", line)}
    folders = {
        part
        for name in wheel_files()
        if not name.startswith("solalpha/_project")
        for part in PurePosixPath(name).parts[:-1]
    }
    assert folders & loose == set()
