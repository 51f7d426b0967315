"""Replace a folder of exported files whole, and touch nothing of another hand.

The new folder is written beside the old one under a name that is ours alone, then
takes its place. One process at a time writes beside one parent folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from solalpha.config import Paths
from solalpha.errors import ConfigError, DataError
from solalpha.warehouse.disk import sync

# Beside the wanted folder, where a person's own folders may stand too.
_ASIDE, _PREVIOUS = ".{}.solalpha-export.tmp", ".{}.solalpha-export.previous"


def root_of(paths: Paths, directory: Path) -> Path:
    """Return the absolute folder of ``directory``.

    Raises
    ------
    ConfigError
        If the folder has another writer.
    """
    root = directory.expanduser().resolve()
    rooms = (
        paths.raw,
        paths.scores,
        paths.results,
        paths.warehouse,
        paths.models,
        paths.ledger,
        paths.reports,
        paths.logs,
        paths.truth,
    )
    if any(root.is_relative_to(room.resolve()) for room in rooms):
        raise ConfigError(
            f"{directory} lies in a folder of the data directory that has its own "
            f"writer; expected one outside {paths.data_dir}"
        )
    return root


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the place of ``root``; a killed export is tidied up before.

    Raises
    ------
    DataError
        If another export writes there; nothing was changed.
    """
    root.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(root.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(
                f"another export is writing in {root.parent}; expected one at a time: "
                "wait for it and run again"
            ) from error
        _recover(root)
        yield
    finally:
        os.close(handle)


@contextmanager
def aside(root: Path) -> Iterator[Path]:
    """Give an empty folder to write into; it is gone after the block."""
    folder = _beside(root, _ASIDE)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def swap(folder: Path, root: Path) -> None:
    """Let ``folder`` take the place of ``root``, whole."""
    previous = _beside(root, _PREVIOUS)
    if root.exists():
        root.rename(previous)
    folder.rename(root)
    sync(root.parent)
    shutil.rmtree(previous, ignore_errors=True)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _recover(root: Path) -> None:
    # A process killed between the two renames left the old folder under this name.
    previous = _beside(root, _PREVIOUS)
    if not previous.exists():
        return
    if root.exists():
        shutil.rmtree(previous)
    else:
        previous.rename(root)


def _beside(root: Path, name: str) -> Path:
    return root.with_name(name.format(root.name))
