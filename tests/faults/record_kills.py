"""Kill the recorder with SIGKILL at random moments, again and again, in one lake.

Run as a program: KILLS SEED FOLDER. A venue on loopback replays one tape from its
start to every connection, so that in the end each of its rows must be there once.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lz4.frame
import polars as pl
from tests.faults.record_venue import END, Tape, Venue, drawn_tape
from tests.faults.recording import parquet_files, plain_rows, rows_of

from solalpha.config import Paths
from solalpha.raw import lake
from solalpha.raw.schemas import TABLES

ROOT = Path(__file__).parents[2]
TAPE_SECONDS = 90
PACE_S = 0.001
# Shares of the kills: while it starts and recovers, and while it records.
_EARLY_SHARE = 0.3
_EARLIEST_S, _LATEST_START_S, _LONGEST_RUN_S = 0.2, 1.5, 2.5
# The command's own function; the rest of the program takes longer to import.
_PROGRAM = (
    "import typer; from solalpha.cli import record; app = typer.Typer();"
    " record.register(app); app()"
)
_KEPT_OUT = ("ingest_id", "available_at")


def record_kills(kills: int, seed: int, folder: Path) -> dict[str, Any]:
    """Return what was killed, found torn, lost or doubled; all but kills should be 0.

    A lost row is one that was in the tables, or safe in the journal, after some
    kill and is in neither of them later, or not in the tables at the end.
    """
    rng = random.Random(seed)  # noqa: S311 - moments to kill at, no secret
    tape = drawn_tape(seed, TAPE_SECONDS)
    venue = Venue(tape.frames, seed=seed, is_rewound=True, pace_s=PACE_S)
    watch = _Watch(Paths(data_dir=folder / "killed"))
    clean = Paths(data_dir=folder / "clean")
    with serving(venue) as url:
        for _ in range(kills):
            _run_and_kill(url, watch.paths, venue, rng)
            watch.look()
        _run_to_end(url, watch.paths)
        watch.look()
        watch.compare_with_journal()
        _run_to_end(url, clean)
    is_whole = rows_of(watch.paths).trades == plain_rows(tape).trades
    is_whole &= rows_of(watch.paths).books == plain_rows(tape).books
    return {
        "kills": kills,
        "seed": seed,
        "rows": len(tape.trades) + len(tape.books),
        "safe_frames": watch.frames,
        "segments": len(watch.segments),
        "torn_blocks": watch.torn_blocks,
        "torn": watch.torn,
        "lost": watch.lost,
        "duplicated": watch.duplicated,
        "equal_after_resume": is_whole and _same(watch.paths, clean),
    }


class _Watch:
    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.torn = self.lost = self.duplicated = self.torn_blocks = self.frames = 0
        self.segments: dict[Path, int] = {}
        self.safe = Tape()
        self._stored = Tape()

    def look(self) -> None:
        """Read all that is stored, after a kill, and compare it with before."""
        for file in parquet_files(self.paths):
            try:
                pl.read_parquet(file, hive_partitioning=False)
            except (pl.exceptions.PolarsError, OSError):
                self.torn += 1
        found = rows_of(self.paths)
        self.lost += len(self._stored.trades - found.trades)
        self.lost += len(self._stored.books - found.books)
        self._stored = found
        for table in ("trades", "book_snapshots", "asset_contexts", "recording_gaps"):
            keys = lake.read(self.paths, table).select(TABLES[table].key)
            self.duplicated += int(keys.is_duplicated().sum())
        self._look_at_journal()

    def compare_with_journal(self) -> None:
        """Count what was safe in the journal and is in no table."""
        safe = plain_rows(self.safe)
        self.lost += len(safe.trades - self._stored.trades)
        self.lost += len(safe.books - self._stored.books)

    def _look_at_journal(self) -> None:
        for path in segments(self.paths):
            if path in self.segments:
                # A finished file only ever loses what was torn.
                self.lost += int(path.stat().st_size < self.segments[path])
                continue
            text, whole = _unpacked(path.read_bytes())
            self.segments[path] = whole
            self.torn_blocks += int(path.stat().st_size > whole)
            for line in text.splitlines():
                self._note(json.loads(line).get("raw"))

    def _note(self, frame: dict[str, Any] | None) -> None:
        if frame is None:
            return
        self.frames += 1
        data = frame.get("data")
        if frame["channel"] == "trades":
            self.safe.trades |= {
                (row["time"], row["tid"], row["side"], row["px"], row["sz"])
                for row in data
            }
        elif frame["channel"] == "l2Book" and not data.get("fast"):
            bids, asks = data["levels"]
            self.safe.books.add((data["time"], bids[0]["px"], asks[-1]["sz"]))


def segments(paths: Paths) -> list[Path]:
    """Return the files of the journal."""
    return sorted((paths.raw / "frames").glob("date=*/*.lz4"))


def wait_for_the_end(
    paths: Paths, process: subprocess.Popen, before: set[Path] | None = None
) -> None:
    """Return when the end of the tape is safe in a file that is not in ``before``."""
    while process.poll() is None:
        for path in set(segments(paths)) - (before or set()):
            if END in _unpacked(path.read_bytes())[0]:
                return
        time.sleep(0.05)


def _unpacked(content: bytes) -> tuple[bytes, int]:
    # Blocks one after another, by the library's own stream reader.
    text, place = b"", 0
    while place < len(content):
        reader = lz4.frame.LZ4FrameDecompressor()
        try:
            block = reader.decompress(content[place:])
        except RuntimeError:
            break
        if not reader.eof:
            break
        text += block
        place = len(content) - len(reader.unused_data or b"")
    return text, place


def recorder(url: str, paths: Paths, *more: str, **streams: Any) -> subprocess.Popen:
    """Start the command record, without the program's other commands."""
    program = [sys.executable, "-c", _PROGRAM, "--url", url]
    return subprocess.Popen(
        [*program, "--flush", "1", "--data-dir", str(paths.data_dir), *more],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
        **streams,
    )


def _run_and_kill(url: str, paths: Paths, venue: Venue, rng: random.Random) -> None:
    before = venue.connections
    errors = paths.data_dir / "errors.txt"
    errors.parent.mkdir(parents=True, exist_ok=True)
    with errors.open("wb") as stream:
        process = recorder(url, paths, stdout=subprocess.DEVNULL, stderr=stream)
    try:
        if rng.random() < _EARLY_SHARE:
            time.sleep(rng.uniform(_EARLIEST_S, _LATEST_START_S))
        else:
            while venue.connections == before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, _LONGEST_RUN_S))
        if process.poll() is not None:
            raise RuntimeError(f"the recorder ended itself: {errors.read_text()}")
    finally:
        process.kill()
        process.wait()


def _run_to_end(url: str, paths: Paths) -> dict[str, Any]:
    before = set(segments(paths))
    process = recorder(url, paths, "--json", stdout=subprocess.PIPE, text=True)
    wait_for_the_end(paths, process, before)
    # Asked to stop as a service is; what it has received it stores.
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the recorder ended with {process.returncode}")
    return dict(json.loads(output))


def _same(left: Paths, right: Paths) -> bool:
    # Contexts carry the moment of receipt, so that no two runs share them.
    return all(
        lake.read(left, table)
        .drop(_KEPT_OUT)
        .equals(lake.read(right, table).drop(_KEPT_OUT))
        for table in ("trades", "book_snapshots")
    )


@contextmanager
def serving(venue: Venue) -> Iterator[str]:
    """Serve in a thread; yield the address."""
    loop = asyncio.new_event_loop()
    address: list[str] = []
    is_ready = threading.Event()
    is_over = asyncio.Event()

    async def serve() -> None:
        async with venue.open() as url:
            address.append(url)
            is_ready.set()
            await is_over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        is_ready.wait()
        yield address[0]
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join()
        loop.close()


def main() -> None:
    """Print the result of KILLS SEED FOLDER as JSON."""
    kills, seed, folder = sys.argv[1:]
    result = record_kills(int(kills), int(seed), Path(folder))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
