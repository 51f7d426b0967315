"""The committed notebook: run, clean of the machine, and its code still runs."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.integration.program import Done

NOTEBOOK = Path(__file__).parents[2] / "docs" / "features.ipynb"
TEXT = NOTEBOOK.read_text(encoding="utf-8")
CELLS = [cell for cell in json.loads(TEXT)["cells"] if cell["cell_type"] == "code"]
MACHINE = re.compile(r"/home/|/root\b|/tmp/|/Users/|[A-Z]:\\\\|0x[0-9a-f]{8}|\.duckdb")


def run(sources: list[str]) -> list[Any]:
    """Run cells as plain Python; return the value of each one's last expression."""
    names: dict[str, Any] = {}
    shown: list[Any] = []
    for source in sources:
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)  # noqa: S102
        if isinstance(last, ast.Expr):
            code = compile(ast.Expression(last.value), "cell", "eval")
            shown.append(eval(code, names))  # noqa: S307
    return shown


def test_notebook_was_run_in_order_and_without_errors() -> None:
    assert [cell["execution_count"] for cell in CELLS] == list(range(1, len(CELLS) + 1))
    for cell in CELLS:
        assert cell["outputs"], cell["source"]
        assert {out["output_type"] for out in cell["outputs"]} <= {
            "execute_result",
            "stream",
        }
        assert all(out.get("name") != "stderr" for out in cell["outputs"])


def test_notebook_draws_and_names_no_machine() -> None:
    assert '"image/svg+xml"' in TEXT
    assert MACHINE.findall(TEXT) == []


def test_notebook_still_runs(done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLALPHA_DATA_DIR", str(done.data_dir))
    with contextlib.redirect_stdout(io.StringIO()):
        shown = run(["".join(cell["source"]) for cell in CELLS])
    counts = next(value for value in shown if isinstance(value, dict))
    # A day of labels, and the bar that closes at the cut is not among the rows.
    assert counts["peeking"] == counts["rows by name"] - counts["rows known"] == 24
    drawing = next(value for value in shown if hasattr(value, "_repr_svg_"))
    assert drawing._repr_svg_().count("<polyline") == 3
