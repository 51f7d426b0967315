"""The journal of raw frames: what is in it survives a kill at any moment.

``raw/frames/date=YYYY-MM-DD/frames-<moment>.ndjson.lz4`` holds one JSON line per
frame, in blocks: each block is an LZ4 frame of its own with a checksum, written
and fsynced at once. So a file is readable by ``lz4 -dc``, a torn last block is told
from a whole one, and a place in the journal is a file and a byte.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import lz4.frame

from solalpha import clock
from solalpha.config import Paths
from solalpha.errors import DataError
from solalpha.raw import storage

LOCK_NAME = ".recording.lock"
_SUFFIX = ".ndjson.lz4"
_PREFIX = "frames-"
BLOCK_BYTES = 1 << 18
SEGMENT_BYTES = 1 << 26
_MOMENT = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Name a place in the journal: everything before it has been read.

    ``segment`` is a path below the frames folder, ``offset`` a byte of that file.
    """

    segment: str
    offset: int

    @property
    def age(self) -> str:
        """The segment's name, which rises with time whatever its folder."""
        return self.segment.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Hold the lines of one block, and the places where it begins and ends."""

    lines: tuple[bytes, ...]
    start: Place
    end: Place


def folder_of(paths: Paths) -> Path:
    """Return the folder of the raw frames."""
    return paths.raw / "frames"


def segments(folder: Path) -> list[Path]:
    """Return the journal's files, oldest first."""
    found = folder.glob(f"date=*/{_PREFIX}*{_SUFFIX}")
    return sorted(found, key=lambda path: path.name)


def blocks(folder: Path, after: Place | None) -> Iterator[Block]:
    """Yield the whole blocks behind ``after``, oldest first; a torn tail ends a file.

    Each file is read as it stood when its turn came.
    """
    for path in segments(folder):
        if after is not None and path.name < after.age:
            continue
        is_begun = after is not None and path.name == after.age
        yield from _blocks_of(path, after.offset if after and is_begun else 0)


def whole_bytes(path: Path) -> int:
    """Return how many bytes of a file its whole blocks take."""
    ends = [block.end.offset for block in _blocks_of(path, 0)]
    return ends[-1] if ends else 0


def mend(folder: Path, after: Place | None) -> int:
    """Cut torn tails off the files from ``after`` on; return the bytes dropped.

    Only the holder of the journal may call this.
    """
    dropped = 0
    for path in segments(folder):
        if after is not None and path.name < after.age:
            continue
        torn = path.stat().st_size - (whole := whole_bytes(path))
        if torn:
            os.truncate(path, whole)
            dropped += torn
    return dropped


class Journal:
    """Append lines; hold the one right to do so in this lake.

    Raises
    ------
    DataError
        If another recorder writes this lake's journal, or the disk refuses.
    """

    def __init__(self, paths: Paths) -> None:
        self.folder = folder_of(paths)
        storage.make_folder(self.folder)
        self._lock = _locked(self.folder / LOCK_NAME)
        self._lines: list[bytes] = []
        self._pending_bytes = 0
        self._first_at: datetime | None = None
        self._first_s = 0.0
        self._newest = ""
        if found := segments(self.folder):
            self._newest = found[-1].name
        self._stream: int | None = None
        self._day = ""
        self._written = 0

    def append(self, line: bytes, at: datetime, monotonic_s: float) -> None:
        """Take a line, received ``at``; it is safe after the next ``commit``."""
        if f"{at:%Y-%m-%d}" != self._day:
            self.commit()
            self._rotate()
            self._day = f"{at:%Y-%m-%d}"
        if self._first_at is None:
            self._first_at, self._first_s = at, monotonic_s
        self._lines.append(line)
        self._pending_bytes += len(line) + 1

    def is_due(self, monotonic_s: float, every_s: float) -> bool:
        """Whether what is not safe yet is many bytes, or has waited long."""
        if self._first_at is None:
            return False
        has_waited = monotonic_s - self._first_s >= every_s
        return has_waited or self._pending_bytes >= BLOCK_BYTES

    def commit(self) -> None:
        """Make every line taken so far safe on disk."""
        if not self._lines or self._first_at is None:
            return
        text = b"\n".join(self._lines) + b"\n"
        block = lz4.frame.compress(text, content_checksum=True, store_size=True)
        try:
            if self._stream is None:
                self._stream = self._opened(self._first_at)
            _write_all(self._stream, block)
            os.fsync(self._stream)
        except OSError as error:
            # Whatever follows goes to a new file, not behind a torn block.
            self._rotate()
            raise DataError(
                f"{self.folder} cannot be written ({error.strerror}); expected room "
                "for the raw frames: what is stored stays, run it again to go on"
            ) from error
        self._written += len(block)
        self._lines, self._pending_bytes, self._first_at = [], 0, None
        if self._written >= SEGMENT_BYTES:
            self._rotate()

    def close(self) -> None:
        """Commit, and let another recorder in."""
        try:
            self.commit()
        finally:
            self._rotate()
            os.close(self._lock)

    def _rotate(self) -> None:
        if self._stream is not None:
            os.close(self._stream)
        self._stream, self._written = None, 0

    def _opened(self, at: datetime) -> int:
        # Names rise even where the clock was set back, so that order is kept.
        name = f"{_PREFIX}{at.strftime(_MOMENT)}{_SUFFIX}"
        if name <= self._newest:
            newest = self._newest.removeprefix(_PREFIX).removesuffix(_SUFFIX)
            later = datetime.strptime(newest, _MOMENT).replace(
                tzinfo=clock.EPOCH.tzinfo
            )
            moment = (later + timedelta(microseconds=1)).strftime(_MOMENT)
            name = f"{_PREFIX}{moment}{_SUFFIX}"
        place = self.folder / f"date={at:%Y-%m-%d}"
        storage.make_folder(place)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        stream = os.open(place / name, flags, 0o644)
        storage.sync_folder(place)
        self._newest = name
        return stream


def _blocks_of(path: Path, offset: int) -> Iterator[Block]:
    segment = f"{path.parent.name}/{path.name}"
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size <= offset:
            return
        with mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ) as bytes_:
            while offset < size:
                found = _block_at(bytes_, offset)
                if found is None:
                    return
                text, length = found
                start = Place(segment=segment, offset=offset)
                offset += length
                yield Block(
                    lines=tuple(text[:-1].split(b"\n")),
                    start=start,
                    end=Place(segment=segment, offset=offset),
                )


def _block_at(file: mmap.mmap, offset: int) -> tuple[bytes, int] | None:
    with memoryview(file) as whole, whole[offset:] as rest:
        try:
            text, length = lz4.frame.decompress(rest, return_bytes_read=True)
        except RuntimeError:
            return None
    return bytes(text), int(length)


def _write_all(stream: int, block: bytes) -> None:
    left = memoryview(block)
    while left:
        left = left[os.write(stream, left) :]


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise DataError(
            f"another recorder writes {path.parent} (lock {path.name} is held); "
            "expected one recorder per data directory: give it all coins, or another "
            "--data-dir"
        ) from error
    return descriptor
