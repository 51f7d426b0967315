"""The identity of a built version: what went in, what code ran, what came out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

import solalpha
from solalpha.config import Paths
from solalpha.warehouse.dbt_call import CODE_SUFFIXES

# Worked queries move no result.
_LEFT_OUT = ("target", "logs", "dbt_packages", "analyses")
DIGITS = 16


def of_mapping(content: Mapping[str, object]) -> str:
    """Return a digest of a mapping that its order of insertion does not change."""
    return _digest(json.dumps(content, sort_keys=True, default=str))


def of_code(project: Path) -> str:
    """Return a digest of the dbt project's files and of the versions that run them."""
    files = (
        path
        for path in project.rglob("*")
        if path.suffix in CODE_SUFFIXES
        and path.relative_to(project).parts[0] not in _LEFT_OUT
    )
    versions = {"solalpha": solalpha.__version__, "duckdb": duckdb.__version__}
    return of_mapping({**versions, **_contents(project, files)})


def of_results(paths: Paths) -> str:
    """Return a digest of every file under scores/ and results/."""
    found: dict[str, str] = {}
    for folder in (paths.scores, paths.results):
        found |= _contents(paths.data_dir, folder.rglob("*.parquet"))
    return of_mapping(found)


def _contents(root: Path, files: Iterable[Path]) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
