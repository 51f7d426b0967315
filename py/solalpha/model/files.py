"""Write a file of this room so that a reader sees all of it or none of it."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from pathlib import Path

import polars as pl


def write_bytes(path: Path, content: bytes) -> Path:
    """Replace ``path`` by ``content`` atomically and durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync_folder(path.parent)
    return path


def write_frame(path: Path, frame: pl.DataFrame) -> Path:
    """Replace ``path`` by ``frame`` as one zstd parquet file, atomically."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return write_bytes(path, buffer.getvalue())


def table_digest(frame: pl.DataFrame) -> str:
    """Return the SHA-256 of a frame's names, types and values, in stored order."""
    buffer = io.BytesIO()
    frame.rechunk().write_ipc_stream(buffer, compression="uncompressed")
    return sha256(buffer.getvalue())


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hex."""
    return hashlib.sha256(content).hexdigest()
