"""Feed the recorder hours of a virtual stream and watch its memory.

Run as a program: HOURS SEED FOLDER. The events carry virtual times, so that an hour
takes as long as its frames take to store; nothing waits.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.faults.record_venue import drawn_tape

from solalpha.config import Paths
from solalpha.hyperliquid.stream import StreamEvent
from solalpha.hyperliquid.stream_parsing import read_frame
from solalpha.raw.recorder.record import Recorder, plan

BEGAN = datetime(2025, 9, 3, tzinfo=UTC)
STEP_S = 300


def virtual_events(seconds: int, seed: int, start: datetime) -> Iterator[StreamEvent]:
    """Yield the events of a drawn tape, ``seconds`` long, at even virtual times."""
    start_ms = round(start.timestamp() * 1_000)
    frames = drawn_tape(seed, seconds, start_ms=start_ms).frames
    for place, data in enumerate(frames):
        passed = seconds * (place + 1) / len(frames)
        yield StreamEvent(
            kind="frame",
            received_at=start + timedelta(seconds=passed + 1),
            monotonic_s=(start - BEGAN).total_seconds() + passed,
            data=data,
            message=read_frame(data),
        )


def measure(hours: float, seed: int, folder: Path, flush_s: float) -> dict[str, Any]:
    """Record ``hours`` and return the memory after each five virtual minutes, MB."""
    recorder = Recorder(Paths(data_dir=folder), plan(["SOL"], flush_s), read=read_frame)
    recorder.start(BEGAN, 0.0)
    sizes: list[float] = []
    began, longest_s = time.perf_counter(), 0.0
    for step in range(round(hours * 3600 / STEP_S)):
        start = BEGAN + timedelta(seconds=step * STEP_S)
        for event in virtual_events(STEP_S, seed + step, start):
            taken = time.perf_counter()
            recorder.take(event)
            longest_s = max(longest_s, time.perf_counter() - taken)
        sizes.append(_resident_mb())
    taken_s = time.perf_counter() - began
    counts = recorder.finish(BEGAN + timedelta(hours=hours), hours * 3600)
    return {
        "hours": hours,
        "frames": counts["frames"],
        "rows": sum(count["added"] for count in counts["tables"].values()),
        "seconds": round(taken_s, 1),
        "longest_take_s": round(longest_s, 3),
        "rss_mb": [round(size) for size in sizes],
        "growth_mb": round(sizes[-1] - sizes[len(sizes) // 4], 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Print the result of HOURS SEED FOLDER as JSON."""
    hours, seed, folder = sys.argv[1:]
    result = measure(float(hours), int(seed), Path(folder), 60.0)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
