"""Run the program inside the tests, and make the small market they share."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solalpha.cli.app import exit_code

SAMPLE_DAYS = 90
BOOK_INTERVAL_S = 900


@dataclass(frozen=True)
class Answer:
    """What a command gave: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Return the one JSON object on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def call(*arguments: str | Path) -> Answer:
    """Run the program in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = exit_code([str(argument) for argument in arguments])
    return Answer(code=code, out=out.getvalue(), err=err.getvalue())


def make_sample(data_dir: Path, seed: int = 3) -> None:
    """Write the small market into ``data_dir``."""
    answer = call(
        "sample",
        "--days",
        str(SAMPLE_DAYS),
        "--seed",
        str(seed),
        "--book-interval",
        str(BOOK_INTERVAL_S),
        "--data-dir",
        data_dir,
        "--json",
    )
    assert answer.code == 0, answer.err


@dataclass(frozen=True)
class Done:
    """One finished run: its data directory and the object that it printed."""

    data_dir: Path
    facts: dict[str, Any]
