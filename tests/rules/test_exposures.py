"""Exposures name exactly the public models that the program reads."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from solalpha.config import project_dir
from solalpha.warehouse import rows_sql

ROOT = Path(__file__).parents[2] / "py" / "solalpha"
NAMED = re.compile(r"\b(?:from|join)\s+\"?(?:\w+\.)?(\w+)")
# What the reader's own methods read, from the SQL that they send.
METHODS = {
    "training_rows": rows_sql.training_rows("main", ("close",)),
    "decision_rows": rows_sql.decision_rows("main"),
    "barred_features": "from barred_features",
}
# The reader's own room, and its face for notebooks and shells, which ask anything.
SHARED = ("warehouse/", "cli/query.py", "__init__.py", "library")


def public_models() -> set[str]:
    return {file.stem for file in (project_dir() / "models/marts").rglob("*.sql")}


def exposures() -> list[dict[str, Any]]:
    text = (project_dir() / "models" / "exposures.yml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)["exposures"]
    return found


def texts(tree: ast.AST) -> list[str]:
    """Return the string constants, those with placeholders as one text each."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            found.append(
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "x"
                    for part in node.values
                )
            )
    return found


def models_read(source: str) -> set[str]:
    """Return the public models that a module reads, by itself or through the reader."""
    tree = ast.parse(source)
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    queries = [*texts(tree), *(METHODS[name] for name in called & set(METHODS))]
    # Reader.training_rows asks for the barred features first.
    if "training_rows" in called:
        queries.append(METHODS["barred_features"])
    named = {name for text in queries for name in NAMED.findall(text)}
    # Table names that are handed over as arguments.
    handed = {text for text in texts(tree) if re.fullmatch(r"\w+", text)}
    return (named | handed) & public_models()


def reading_modules() -> set[str]:
    found = {
        file.relative_to(ROOT).as_posix()
        for file in ROOT.rglob("*.py")
        if "solalpha.warehouse.reader" in file.read_text(encoding="utf-8")
    }
    return {name for name in found if not name.startswith(SHARED)}


def test_every_module_that_reads_stands_in_one_exposure() -> None:
    listed = [
        name
        for exposure in exposures()
        for name in exposure["config"]["meta"]["modules"]
    ]
    assert sorted(listed) == sorted(set(listed))
    silent = {
        name for name in reading_modules() if not models_read((ROOT / name).read_text())
    }
    assert set(listed) == reading_modules() - silent, "see models/exposures.yml"


@pytest.mark.parametrize("exposure", exposures(), ids=lambda found: found["name"])
def test_exposure_depends_on_what_its_modules_read(exposure: dict[str, Any]) -> None:
    assert exposure["owner"]["name"]
    found = {
        model
        for name in exposure["config"]["meta"]["modules"]
        for model in models_read((ROOT / name).read_text(encoding="utf-8"))
    }
    told = {text.removeprefix("ref('")[:-2] for text in exposure["depends_on"]}
    assert told == found


def test_a_model_read_in_any_way_is_found() -> None:
    source = """
schema = "daily"
_NEWEST = "select max(bar_closed_at) from bars"
def go(reader):
    reader.query(f"select 1 from {schema}.labels join regimes using (coin)")
    reader.count("trials")
    reader.decision_rows("SOL")
"""
    assert models_read(source) == {
        *("bars", "labels", "regimes", "trials"),
        *("features", "quality_bars", "bars_final"),
    }
