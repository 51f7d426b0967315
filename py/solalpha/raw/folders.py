"""List the files below a folder in the order that a person reads their names."""

from __future__ import annotations

import re
from pathlib import Path

from solalpha.errors import ConfigError


def files_of(path: Path) -> list[Path]:
    """Return ``path`` if it is a file, else the files below it; hour 2 before 10.

    Hidden and temporary files are passed over.

    Raises
    ------
    ConfigError
        If there is no such path or no file below it.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigError(f"{path}: no such file or folder")
    found = [file for file in path.rglob("*") if file.is_file() and _counts(file, path)]
    if not found:
        raise ConfigError(f"{path}: no file in this folder; expected some")
    return sorted(found, key=_natural)


def _counts(file: Path, root: Path) -> bool:
    parts = file.relative_to(root).parts
    return not file.name.endswith(".tmp") and not any(p.startswith(".") for p in parts)


def _natural(path: Path) -> list[tuple[int, str]]:
    pieces = re.findall(r"[0-9]+|[^0-9]+", path.as_posix())
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in pieces]
