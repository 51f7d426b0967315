"""The package's own face: light to import, and clear about what is not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import solalpha
from solalpha.errors import DataError

HEAVY = ("duckdb", "polars", "pyarrow", "numpy", "yaml", "dbt", "typer")


def test_import_is_light() -> None:
    code = f"import sys, solalpha; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_open_without_a_version_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="run `solalpha build`"):
        solalpha.open(tmp_path)
    monkeypatch.setenv("SOLALPHA_DATA_DIR", str(tmp_path / "named"))
    with pytest.raises(DataError, match=r"named/warehouse/current\.duckdb"):
        solalpha.open()
    with pytest.raises(DataError, match="nowhere does not exist"):
        solalpha.open(tmp_path / "nowhere")


def test_open_refuses_a_file_that_was_not_published(tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    with pytest.raises(DataError, match=r"other\.duckdb: the file has no build_info"):
        solalpha.open(other)
    other.write_bytes(b"torn" * 100)
    with pytest.raises(DataError, match="cannot be read"):
        solalpha.open(other)
