"""Time our own code against a peer in the same run and write build/bench.json.

Ours and its peers alternate, each in a process of its own; a figure is the median of
three. A ratio is ours over the peer. Answers are compared where both give the same
ones; no time is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "py")]

import analyst_sides  # noqa: E402 - found through the line above
import archive_sides  # noqa: E402 - found through the line above
import forty_sides  # noqa: E402 - found through the line above
import worlds  # noqa: E402 - found through the line above

ROUNDS = 3
# Relative to a column's mean size: our deviations round values first, to five decimals
# of a basis point for one, so that they add up the same in any order.
TOLERANCE = 1e-5
DEFAULT_ROWS = 600_000
# Heads of the seconds of all cores, which a busy machine changes little, and of peaks.
CPU = ("ours CPU s", "peer CPU s", "CPU ratio")
PEAKS = ("peak MB", "peer's")
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Name what ours is held against, and the target where one is stated."""

    side: str
    name: str
    bar: str | None
    has_answer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Describe one benchmark: its input, our side and the peers."""

    name: str
    size: int
    make: Callable[[Path, int], None]
    ours: str
    peers: tuple[Peer, ...]


def peer(side: str, name: str, bar: str | None, *, has_answer: bool) -> Peer:
    """Return a peer."""
    return Peer(side=side, name=name, bar=bar, has_answer=has_answer)


def benches(rows: int) -> list[Bench]:
    """Return all benchmarks; ``rows`` is the size of the heavy one."""
    return [
        Bench(
            name="order flow to bars",
            size=rows,
            make=worlds.make_lakehouse,
            ours="heavy_ours",
            peers=(
                peer(
                    "heavy_scan",
                    "DuckDB, the same columns read and summed",
                    "3.9, which plain sums of doubles took",
                    has_answer=False,
                ),
                peer(
                    "heavy_polars",
                    "Polars streaming: mean, last, deviation",
                    None,
                    has_answer=True,
                ),
            ),
        ),
        forty("", rows, {side for side, _, _ in forty_sides.PEERS}),
        forty(", twice", 2 * rows, {"scan", "known"}),
        Bench(
            name="quality check of a lakehouse",
            size=rows,
            make=worlds.make_lakehouse,
            ours="heavy_check",
            peers=(
                peer(
                    "heavy_whole",
                    "DuckDB, every column read and summed",
                    "3, with a peak below 4,096 MB",
                    has_answer=False,
                ),
            ),
        ),
        Bench(
            name="EMA, MACD and RSI",
            size=worlds.INDICATOR_BARS,
            make=worlds.make_indicator_bars,
            ours="indicators_lines",
            peers=(
                peer(
                    "indicators_lines_polars",
                    "Polars ewm",
                    "ours below 1 s",
                    has_answer=True,
                ),
            ),
        ),
        Bench(
            name="EMA, RSI, MACD and windows",
            size=worlds.INDICATOR_BARS,
            make=worlds.make_indicator_bars,
            ours="indicators_ours",
            peers=(
                peer(
                    "indicators_polars", "Polars ewm and rolling", None, has_answer=True
                ),
            ),
        ),
        Bench(
            name="append of books",
            size=worlds.BOOK_ROWS,
            make=worlds.make_books,
            ours="append_ours",
            peers=(
                peer("append_polars", "Polars write_parquet", None, has_answer=False),
            ),
        ),
        Bench(
            name="archive lines of books to parquet",
            size=archive_sides.ARCHIVE_LINES,
            make=archive_sides.make_archive,
            ours="archive_ours",
            peers=(
                peer(
                    "archive_loop",
                    "json.loads per line, Decimal per number",
                    "0.2, five times as fast",
                    has_answer=False,
                ),
                peer(
                    "archive_lean",
                    "json.loads per line, Polars casts the texts",
                    None,
                    has_answer=False,
                ),
            ),
        ),
        Bench(
            name="analysts' queries, median of 50",
            size=analyst_sides.YEAR_DAYS,
            make=analyst_sides.make_published,
            ours="analyst_ours",
            peers=(
                peer(
                    "analyst_parquet",
                    "DuckDB over parquet",
                    "ours below 0.050 s",
                    has_answer=False,
                ),
                peer(
                    "analyst_polars", "Polars SQL over parquet", None, has_answer=False
                ),
            ),
        ),
        Bench(
            name="backtest",
            size=worlds.BACKTEST_BARS,
            make=worlds.make_decisions,
            ours="backtest_ours",
            peers=(
                peer(
                    "backtest_bare", "Backtrader, idle strategy", None, has_answer=False
                ),
            ),
        ),
    ]


def forty(label: str, rows: int, kept: set[str]) -> Bench:
    """Return the benchmark of the widest aggregate against the ``kept`` peers."""
    return Bench(
        name=f"forty columns to bars{label}",
        size=rows,
        make=forty_sides.make_forty,
        ours="forty_ours",
        peers=tuple(
            peer(f"forty_{side}", name, bar, has_answer=side == "known")
            for side, name, bar in forty_sides.PEERS
            if side in kept
        ),
    )


def timed(side: str, folder: Path) -> Facts:
    """Run one side in a process of its own."""
    script = Path(__file__).with_name("sides.py")
    done = subprocess.run(
        [sys.executable, str(script), side, str(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"error: {side} failed with exit code {done.returncode}")
    facts: Facts = json.loads(done.stdout)
    return facts


def run(bench: Bench, work: Path) -> list[Facts]:
    """Run one benchmark and return its entries, one per peer."""
    folder = worlds.prepared(work, bench.ours.split("_")[0], bench.size, bench.make)
    sides = [bench.ours, *(found.side for found in bench.peers)]
    rounds = [{side: timed(side, folder) for side in sides} for _ in range(ROUNDS)]
    for found in bench.peers:
        if found.has_answer:
            compare(folder, bench.name)

    def median(side: str, name: str = "seconds") -> float:
        return statistics.median(facts[side][name] for facts in rounds)

    def cpu(side: str) -> float | None:
        return median(side, "cpu_s") if "cpu_s" in rounds[0][side] else None

    ours_s = median(bench.ours)
    if "forty_day" in sides:
        share = median("forty_day", "cpu_s") / median(bench.ours, "cpu_s")
        print(f"{bench.name}: the last day takes {share:.1%} of all days' CPU seconds")
    if "start_s" in rounds[0][bench.ours]:
        started = median(bench.ours, "start_s")
        print(f"dbt's own start and parse, counted in no figure: {started:.2f} s")
    return [
        {
            "name": f"{bench.name} ({bench.size:,})",
            "ours_s": ours_s,
            "peer": found.name,
            "peer_s": median(found.side),
            "ratio": ours_s / median(found.side),
            "bar": found.bar,
            "ours_cpu_s": cpu(bench.ours),
            "peer_cpu_s": cpu(found.side),
            "peak_mb": median(bench.ours, "peak_mb"),
            "peer_peak_mb": median(found.side, "peak_mb"),
        }
        for found in bench.peers
    ]


def compare(folder: Path, name: str) -> None:
    """Stop if ours and the peer did not compute the same numbers."""
    ours = pl.read_parquet(folder / "ours.parquet").sort("bar_closed_at")
    theirs = pl.read_parquet(folder / "peer.parquet").sort("bar_closed_at")
    if ours["bar_closed_at"].to_list() != theirs["bar_closed_at"].to_list():
        raise SystemExit(f"error: {name}: {ours.height} bars and {theirs.height}")
    worst, where = 0.0, ""
    for column in set(theirs.columns) - {"bar_closed_at"}:
        left, right = ours[column], theirs[column]
        if left.is_null().ne(right.is_null()).any():
            raise SystemExit(f"error: {name}: {column} is null elsewhere")
        scale = right.abs().mean() or 1.0
        distance = ((left - right).abs().max() or 0.0) / scale
        worst, where = max((worst, where), (distance, column))
    print(f"{name}: {theirs.width - 1} columns differ by at most {worst:.1e} ({where})")
    if not worst <= TOLERANCE:
        raise SystemExit(f"error: {name}: expected at most {TOLERANCE}")


def cpus(entry: Facts) -> tuple[float | None, float | None, float | None]:
    """Return the CPU seconds of ours and of the peer, and their ratio, if known."""
    ours, theirs = entry["ours_cpu_s"], entry["peer_cpu_s"]
    if ours is None or theirs is None:
        return ours, theirs, None
    return ours, theirs, ours / theirs


def table(entries: list[Facts]) -> str:
    """Return the entries as aligned text."""
    head = ("benchmark", "ours s", "peer s", "ratio", *CPU, *PEAKS, "peer", "bar")
    rows = [
        (
            entry["name"],
            f"{entry['ours_s']:.3f}",
            f"{entry['peer_s']:.3f}",
            f"{entry['ratio']:.2f}",
            *("" if cpu is None else f"{cpu:.2f}" for cpu in cpus(entry)),
            f"{entry['peak_mb']:.0f}",
            f"{entry['peer_peak_mb']:.0f}",
            entry["peer"],
            entry["bar"] or "",
        )
        for entry in entries
    ]
    widths = [
        max(len(row[place]) for row in [head, *rows]) for place in range(len(head))
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < place < len(head) - 2 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [head, *rows]
    )


def main() -> None:
    """Run the benchmarks that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--rows", type=int, default=DEFAULT_ROWS, help="order-flow rows"
    )
    parser.add_argument("--work-dir", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--only", default="", help="benchmarks whose name holds this")
    chosen = parser.parse_args()
    started = time.perf_counter()
    entries: list[Facts] = []
    for bench in benches(chosen.rows):
        if chosen.only in bench.name:
            entries += run(bench, chosen.work_dir.resolve())
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(entries, indent=2) + "\n")
    print(table(entries))
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, load "
        f"{os.getloadavg()[0]:.1f}; {time.perf_counter() - started:.0f} s in all; "
        f"wrote {target.relative_to(ROOT)}"
    )


if __name__ == "__main__":
    main()
