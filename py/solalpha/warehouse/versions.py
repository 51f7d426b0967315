"""The published files on disk: written aside, renamed, linked, and five kept."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.warehouse.disk import sync

KEPT = 5
_SUFFIX = ".duckdb"
_UNFINISHED = ".tmp"
_LOCK = ".publish.lock"


def link_of(paths: Paths) -> Path:
    """Return the link that names the current version."""
    return paths.warehouse / "current.duckdb"


def folder_of(paths: Paths) -> Path:
    """Return the directory of the published files."""
    return paths.warehouse / "versions"


def file_of(paths: Paths, name: str) -> Path:
    """Return the file of version ``name``."""
    return folder_of(paths) / f"{name}{_SUFFIX}"


def current(paths: Paths) -> Path:
    """Return the file of the current version, the link resolved once.

    Raises
    ------
    DataError
        If nothing was published.
    """
    link = link_of(paths)
    try:
        return link.resolve(strict=True)
    except OSError as error:
        raise DataError(
            f"no published version at {link}; expected one; run `solalpha build`"
        ) from error


@contextmanager
def locked(paths: Paths) -> Iterator[None]:
    """Let one process at a time publish; another one waits for it to end.

    Each cleans up what a killed one left, so two at once would take each other's file
    away, and the one that read the tables first could move the link back.
    """
    paths.warehouse.mkdir(parents=True, exist_ok=True)
    handle = os.open(paths.warehouse / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def written(paths: Paths, name: str) -> Iterator[Path]:
    """Give a path to write version ``name`` to; it appears whole or not at all."""
    folder = folder_of(paths)
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"*{_UNFINISHED}*"):
        left.unlink()
    target = file_of(paths, name)
    unfinished = target.with_name(target.name + _UNFINISHED)
    try:
        yield unfinished
        sync(unfinished)
        os.replace(unfinished, target)
        sync(folder)
    finally:
        unfinished.unlink(missing_ok=True)


def point_to(paths: Paths, name: str) -> None:
    """Move the link to version ``name`` in one step."""
    link = link_of(paths)
    aside = link.with_name(link.name + _UNFINISHED)
    aside.unlink(missing_ok=True)
    target = file_of(paths, name)
    aside.symlink_to(target.relative_to(link.parent))
    os.replace(aside, link)
    sync(link.parent)
    os.utime(target)


def prune(paths: Paths) -> None:
    """Remove all but the versions published last; open readers keep theirs."""
    files = sorted(
        folder_of(paths).glob(f"*{_SUFFIX}"),
        key=lambda path: (path.stat().st_mtime_ns, path.name),
        reverse=True,
    )
    kept = current(paths)
    for file in files[KEPT:]:
        if file != kept:
            file.unlink(missing_ok=True)
