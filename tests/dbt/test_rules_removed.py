"""The real project without one word of one public model does not build."""

import re
import shutil
from pathlib import Path

import pytest

from solalpha.config import Paths, load_parameters, project_dir
from solalpha.errors import DataError
from solalpha.warehouse.build import build

DECLARED = "assert_public_models_are_declared"
DESCRIBED = "assert_public_columns_are_described"
MARTS = Path("models") / "marts"


def take_out(file: Path, *, after: str, pattern: str, put: str = "") -> None:
    """Replace the first match of ``pattern`` that follows the line ``after``."""
    text = file.read_text(encoding="utf-8")
    head, found, tail = text.partition(f"{after}\n")
    changed, count = re.subn(pattern, put, tail, count=1, flags=re.DOTALL)
    if not found or count != 1:
        raise AssertionError(f"{file.name} has no {pattern!r} after {after!r}")
    file.write_text(head + found + changed, encoding="utf-8")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project and take one thing out of each of some public models."""
    root = tmp_path_factory.mktemp("removed")
    project = root / "dbt_project"
    shutil.copytree(
        project_dir(), project, ignore=shutil.ignore_patterns("target", "logs")
    )
    shutil.copy(project_dir().parent / "profiles.yml", root)
    market = project / MARTS / "market" / "_models.yml"
    features = project / MARTS / "features" / "_models.yml"
    regimes = project / MARTS / "regimes" / "_models.yml"
    take_out(
        market,
        after="  - name: bars",
        pattern=r"enforced: true",
        put="enforced: false",
    )
    take_out(
        market,
        after="  - name: bars_final",
        pattern=r"One row per",
        put="Rows of",
    )
    take_out(
        regimes,
        after="  - name: regimes",
        pattern=r"    data_tests:\n      - unique_key:.*?\n(?=    columns:)",
    )
    take_out(
        features,
        after="        name: rsi_14",
        pattern=r"unit: points, ",
    )
    take_out(
        features,
        after="        name: atr_14",
        pattern=r"        description: .*?(?=        config:)",
    )
    return root


def violations(root: Path, rule: str) -> set[str]:
    """Run one rule of the broken copy and return what it finds."""
    paths = Paths(data_dir=root / "data")
    with pytest.raises(DataError, match=f"data test {rule} found"):
        build(
            paths,
            load_parameters(),
            select=rule,
            target="prod",
            project=root / "dbt_project",
        )
    compiled = next((paths.warehouse / "target").rglob(f"compiled/**/{rule}.sql"))
    texts = compiled.read_text(encoding="utf-8").split("select '")[1:]
    return {text.split("' as violation")[0] for text in texts}


def test_contract_grain_and_key_test_are_missed(broken: Path) -> None:
    assert violations(broken, DECLARED) == {
        "bars: contract is not enforced",
        "bars_final: description does not begin with its grain",
        "regimes: no unique_key test on its meta.key",
    }


def test_unit_and_description_are_missed(broken: Path) -> None:
    # training_rows takes the columns of features over by anchors.
    assert violations(broken, DESCRIBED) == {
        "features.rsi_14: feature without meta.unit",
        "training_rows.rsi_14: feature without meta.unit",
        "features.atr_14: description is missing",
        "training_rows.atr_14: description is missing",
    }
