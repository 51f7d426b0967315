"""The project's Python against the rules, and each rule against a planted violation."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.rules import python_rules

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "py" / "solalpha"
MODULES = sorted(PACKAGE.rglob("*.py"))
FLOWS = sorted((ROOT / "flows").glob("*.py"))


def broken(
    rule: Callable[[str], list[str]], files: list[Path] | None = None
) -> dict[str, list[str]]:
    found = {
        file.relative_to(ROOT).as_posix(): rule(file.read_text(encoding="utf-8"))
        for file in (MODULES if files is None else files)
    }
    return {name: told for name, told in found.items() if told}


def room_of(file: Path) -> str:
    if file.is_relative_to(PACKAGE):
        return file.relative_to(PACKAGE).parts[0]
    return "flows"


def test_there_are_modules_to_judge() -> None:
    assert len(MODULES) > 20


def test_modules_are_short() -> None:
    assert broken(python_rules.long_module) == {}


def test_functions_are_short() -> None:
    assert broken(python_rules.long_functions) == {}


def test_each_heavy_library_has_one_room() -> None:
    found = {
        file.relative_to(ROOT).as_posix(): told
        for file in (*MODULES, *FLOWS)
        if (told := python_rules.foreign_imports(file.read_text(), room_of(file)))
    }
    assert found == {}


def test_nothing_runs_code_by_reading_a_file() -> None:
    assert broken(python_rules.unsafe_imports) == {}


def test_no_handler_swallows_everything() -> None:
    assert broken(python_rules.silent_handlers, [*MODULES, *FLOWS]) == {}


def test_no_input_is_checked_by_assert() -> None:
    assert broken(python_rules.assertions) == {}


def test_features_are_computed_in_sql() -> None:
    assert broken(python_rules.feature_arithmetic) == {}


def test_only_the_clock_asks_for_the_time() -> None:
    files = [file for file in MODULES if file != PACKAGE / "clock.py"]
    assert broken(python_rules.clock_reads, files) == {}


def test_imports_go_down_the_layers() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


BODY = "    x = 1\n"


def test_long_module_is_found_and_docstrings_are_counted() -> None:
    assert python_rules.long_module("x = 1\n" * 300) == ["300 lines"]
    told = '"""Say.\n' + "more\n" * 100 + '"""\n'
    assert python_rules.long_module(told + "x = 1\n" * 198) == ["300 lines"]
    assert python_rules.long_module(told + "x = 1\n" * 197) == []


def test_long_function_is_found_and_its_docstring_is_not_counted() -> None:
    assert python_rules.long_functions("def f():\n" + BODY * 40) == ["f: 40 lines"]
    assert python_rules.long_functions("def f():\n" + BODY * 39) == []
    told = '    """Say.\n' + "    more\n" * 40 + '    """\n'
    assert python_rules.long_functions("def f():\n" + told + BODY * 30) == []


@pytest.mark.parametrize(
    ("text", "room", "found"),
    [
        ("import duckdb", "model", ["duckdb"]),
        ("import duckdb", "warehouse", []),
        ("from sklearn.metrics import auc", "report", ["sklearn"]),
        ("def f():\n    import torch", "cli", ["torch"]),
        ("from prefect import flow", "cycle", ["prefect"]),
        ("from prefect import flow", "flows", []),
    ],
)
def test_foreign_import_is_found(text: str, room: str, found: list[str]) -> None:
    assert python_rules.foreign_imports(text, room) == found


def test_unsafe_import_is_found() -> None:
    assert python_rules.unsafe_imports("import pickle\nfrom joblib import dump") == [
        "pickle",
        "joblib",
    ]


def test_bare_except_is_found() -> None:
    text = "try:\n    f()\nexcept:\n    pass\n"
    assert python_rules.silent_handlers(text) == ["line 3"]
    assert python_rules.silent_handlers(text.replace("except:", "except E:")) == []


def test_assert_is_found() -> None:
    assert python_rules.assertions("assert x > 0") == ["line 1"]


def test_feature_arithmetic_is_found() -> None:
    text = "a.rolling(3)\nb.shift(1)\nc.pct_change()\nd.rolling_mean(5)\ne.mean()"
    assert python_rules.feature_arithmetic(text) == [
        "line 1: rolling",
        "line 2: shift",
        "line 3: pct_change",
        "line 4: rolling_mean",
    ]


def test_clock_read_is_found() -> None:
    text = "datetime.now(UTC)\ndatetime.datetime.utcnow()\ntime.time()\nclock.now()"
    assert python_rules.clock_reads(text) == [
        "line 1: datetime.now",
        "line 2: datetime.datetime.utcnow",
        "line 3: time.time",
    ]
