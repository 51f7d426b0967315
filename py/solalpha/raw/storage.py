"""Write one parquet file so that a reader sees all of it or none of it."""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

import polars as pl

TEMPORARY_SUFFIX = ".tmp"
REGISTRY_NAME = "part-registry.parquet"
_CHUNK_BYTES = 1 << 20


def write_part(folder: Path, frame: pl.DataFrame) -> Path:
    """Write ``frame`` into ``folder`` under the name of its content and return it."""
    temporary = _temporary(folder, frame)
    target = folder / f"part-{content_id(temporary)}.parquet"
    return _put(temporary, target)


def write_registry(folder: Path, frame: pl.DataFrame) -> Path:
    """Replace the one registry file of ``folder`` by ``frame`` and return its path."""
    return _put(_temporary(folder, frame), folder / REGISTRY_NAME)


def write_named(folder: Path, name: str, frame: pl.DataFrame) -> Path:
    """Write ``frame`` as the file ``name`` of ``folder``, replacing an older one."""
    return _put(_temporary(folder, frame), folder / name)


def content_id(path: Path) -> str:
    """Return the first 16 hex digits of the SHA-256 of the file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()[:16]


def remove_leftovers(folder: Path) -> int:
    """Delete temporary files that a killed writer left; return how many.

    Only the holder of the lake's lock may call this.
    """
    leftovers = list(folder.rglob(f"*{TEMPORARY_SUFFIX}")) if folder.is_dir() else []
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


def _temporary(folder: Path, frame: pl.DataFrame) -> Path:
    _make_folder(folder)
    temporary = folder / f".{uuid.uuid4().hex}{TEMPORARY_SUFFIX}"
    frame.write_parquet(temporary, compression="zstd", statistics=True)
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    return temporary


def _put(temporary: Path, target: Path) -> Path:
    temporary.replace(target)
    _sync_folder(target.parent)
    return target


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
