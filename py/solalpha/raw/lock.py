"""The lake's lock: one writer at a time, released by the system when it dies."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from solalpha.config import Paths
from solalpha.errors import DataError

LOCK_NAME = ".writing.lock"
_held = threading.local()


class LakeBusy(DataError):  # noqa: N818 - says what the operator sees
    """Report that another process is writing the raw tables: try again later."""


@contextmanager
def writing(paths: Paths) -> Iterator[None]:
    """Hold the lake's lock; nested use in one thread is free.

    Raises
    ------
    LakeBusy
        If another ingest holds the lock; nothing was changed.
    """
    path = paths.raw / LOCK_NAME
    depths: dict[Path, int] = _held.__dict__.setdefault("depths", {})
    if depths.get(path, 0) > 0:
        depths[path] += 1
        try:
            yield
        finally:
            depths[path] -= 1
        return
    paths.raw.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _take(descriptor, path)
        depths[path] = 1
        try:
            yield
        finally:
            depths[path] = 0
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LakeBusy(
            f"another ingest is writing {path.parent} (lock {path.name} is held); "
            "expected one writer at a time: wait for it and run again"
        ) from error
