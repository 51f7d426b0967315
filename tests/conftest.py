"""Fixtures that several rooms' tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, where there is one


@pytest.fixture
def fast_dir() -> Iterator[Path]:
    """Give an empty directory in memory where possible: many durable commits follow."""
    is_usable = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    directory = Path(tempfile.mkdtemp(dir=_MEMORY if is_usable else None))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)
