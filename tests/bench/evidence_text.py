"""What the evidence page's sections are made with: the program, tables, titles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "evidence"


def solalpha(*arguments: str | Path) -> dict[str, Any]:
    """Run one command and return the object that it prints."""
    command = [
        sys.executable,
        "-m",
        "solalpha.cli.program",
        *map(str, arguments),
        "--json",
    ]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT / "py")}
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(rows: Iterable[tuple[str, object]]) -> str:
    """Return a two-column Markdown table."""
    lines = ["| figure | value |", "| --- | --- |"]
    return "\n".join(
        [*lines, *(f"| {name} | {shown(value)} |" for name, value in rows)]
    )


def shown(value: object) -> str:
    """Return a figure as text: four digits, intervals with 'to'."""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.2f}"
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(isinstance(item, float) for item in value):
            return f"{shown(value[0])} to {shown(value[1])}"
        return ", ".join(map(shown, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(item)}" for name, item in value.items())
    return str(value)


def section(title: str, command: str, text: str, rows: object) -> str:
    """Return one section: what it shows, its command, its figures."""
    body = rows if isinstance(rows, str) else table(rows)  # type: ignore[arg-type]
    return f"## {title}\n\n{text}\n\n```sh\n{command}\n```\n\n{body}\n"
