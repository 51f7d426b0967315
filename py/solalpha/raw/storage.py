"""Write one parquet file so that a reader sees all of it or none of it."""

from __future__ import annotations

import hashlib
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

TEMPORARY_SUFFIX = ".tmp"
REGISTRY_NAME = "part-registry.parquet"
DAY_NAME = "day.parquet"
MONTH_NAME = "month.parquet"
# The one file of a sealed folder, by what its table is partitioned by.
SEALED_NAMES = {"date": DAY_NAME, "month": MONTH_NAME}
_ROWS_KEY = "solalpha_rows"
_SEALED_GROUP_ROWS = 1 << 17
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


def write_sealed(
    folder: Path, name: str, frame: pl.DataFrame, *, sealed_at: datetime | None = None
) -> Path:
    """Write ``frame`` as the one sealed file of ``folder``, in place of an older one.

    The same rows in the same order give the same bytes. The id of the rows stands
    in the footer, so that naming the file's content needs no reading of it.

    Parameters
    ----------
    sealed_at
        Told as the file's time of change; else that is the present.
    """
    rows = frame.rechunk()
    size = _SEALED_GROUP_ROWS
    plain = _temporary(folder, rows, row_group_size=size)
    metadata = {_ROWS_KEY: content_id(plain)}
    plain.unlink()
    sealed = _temporary(folder, rows, row_group_size=size, metadata=metadata)
    if sealed_at is not None:
        os.utime(sealed, (sealed_at.timestamp(), sealed_at.timestamp()))
    return _put(sealed, folder / name)


def sealed_at(path: Path) -> datetime:
    """Return when a sealed file was written."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def sealed_content_id(path: Path) -> str:
    """Return the id of a sealed file's rows, from its footer where it is told."""
    told = (pq.read_metadata(path).metadata or {}).get(_ROWS_KEY.encode())
    return told.decode() if told else content_id(path)


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


def _temporary(
    folder: Path,
    frame: pl.DataFrame,
    *,
    row_group_size: int | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    make_folder(folder)
    temporary = folder / f".{uuid.uuid4().hex}{TEMPORARY_SUFFIX}"
    try:
        frame.write_parquet(
            temporary,
            compression="zstd",
            statistics=True,
            row_group_size=row_group_size,
            metadata=metadata,
        )
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
    except BaseException:
        # On a full disk half a file would keep the room that the next try needs.
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _put(temporary: Path, target: Path) -> Path:
    temporary.replace(target)
    sync_folder(target.parent)
    return target


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents, each of them durable."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
