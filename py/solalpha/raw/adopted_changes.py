"""Tell which adopted files are no longer what they were when they were adopted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from solalpha.config import Paths
from solalpha.raw import lake

# File systems and copies round the time of a file.
_TOLERANCE_S = 1.0


def changed_files(paths: Paths) -> tuple[str, ...]:
    """Return one line for each adopted file that was written to since.

    A file that is gone is not told: staging refuses to read on without it.
    """
    files = lake.read(paths, "adopted_files").sort("file_path")
    lines = []
    for row in files.select("file_path", "size_bytes", "modified_at").iter_rows():
        path, size, modified_at = Path(row[0]), row[1], row[2]
        try:
            stat = path.stat()
        except OSError:
            continue
        now = datetime.fromtimestamp(stat.st_mtime, UTC)
        is_same_time = abs((now - modified_at).total_seconds()) <= _TOLERANCE_S
        if stat.st_size != size or not is_same_time:
            lines.append(
                f"adopted order-flow file {path} changed since adoption: "
                f"{stat.st_size} bytes of {now:%F %T}, adopted with {size} bytes; run "
                "`solalpha ingest lakehouse` on the directory again"
            )
    return tuple(lines)
