"""The timed sides of each benchmark; each runs alone in a process of its own.

``python sides.py SIDE FOLDER`` prints {seconds, peak_mb} and what else the side
knows, as one JSON object. Reading inputs and writing answers is not timed.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import forty_sides
import polars as pl
from analyst_sides import analyst_ours, analyst_parquet, analyst_polars
from archive_sides import archive_lean, archive_loop, archive_ours
from indicator_sides import (
    indicators_lines,
    indicators_lines_polars,
    indicators_ours,
    indicators_polars,
)
from worlds import dbt_call

from solalpha.config import Paths, load_parameters
from solalpha.raw.schemas import ORDER_FLOW_COLUMNS
from solalpha.warehouse.build import PROD, database

ORDER_FLOW = "int_lakehouse_order_flow_aggregated_to_bars"
KEY = "bar_closed_at"
Facts = dict[str, Any]
__all__ = [
    "analyst_ours",
    "analyst_parquet",
    "analyst_polars",
    "archive_lean",
    "archive_loop",
    "archive_ours",
    "indicators_lines",
    "indicators_lines_polars",
    "indicators_ours",
    "indicators_polars",
    "main",
]


def heavy_ours(folder: Path) -> Facts:
    """Build our model through dbt, from nothing; its time is dbt's own record."""
    from solalpha.warehouse.dbt_call import invoke

    paths = Paths(data_dir=folder / "data")
    shutil.rmtree(paths.warehouse, ignore_errors=True)
    paths.warehouse.mkdir(parents=True)
    call = dbt_call(paths)
    started = time.perf_counter()
    outcome = invoke(call, ["run", "--select", f"+{ORDER_FLOW}"], None)
    wall = time.perf_counter() - started
    if not outcome.success:
        raise SystemExit(f"error: dbt failed; see {call.log_dir}")
    record = json.loads((call.target_dir / "run_results.json").read_text())
    times = {
        found["unique_id"].split(".")[-1]: found["execution_time"]
        for found in record["results"]
    }
    with duckdb.connect(str(database(paths, PROD)), read_only=True) as connection:
        connection.execute(
            f"copy {ORDER_FLOW} to '{folder / 'ours.parquet'}' (format parquet)"
        )
    return {"seconds": times[ORDER_FLOW], "start_s": wall - sum(times.values())}


def _files(folder: Path) -> list[str]:
    return sorted(map(str, (folder / "lakehouse").rglob("*.parquet")))


def _statistics(folder: Path) -> list[tuple[str, str]]:
    # Column and statistic, as our result names them.
    held = pl.read_parquet_schema(folder / "ours.parquet")
    return [
        (name, statistic)
        for name in ORDER_FLOW_COLUMNS
        for statistic in ("mean", "last", "deviation")
        if f"{name}_{statistic}" in held
    ]


def heavy_scan(folder: Path) -> Facts:
    """Read the same columns and add them up: the least that any engine must do."""
    names = sorted({name for name, _ in _statistics(folder)})
    sums = ", ".join(f"sum(cast({name} as double))" for name in names)
    query = f"select max(timestamp), {sums} from read_parquet({_files(folder)})"
    with duckdb.connect() as connection:
        started = time.perf_counter()
        connection.execute(query).fetchall()
        return {"seconds": time.perf_counter() - started}


def heavy_check(folder: Path) -> Facts:
    """Run the whole data check on the lakehouse, the registry's files first."""
    from solalpha.warehouse.quality import check

    paths = Paths(data_dir=folder / "data")
    numbers = load_parameters()
    started = time.perf_counter()
    report = check(paths, numbers, checked_at=datetime(2040, 1, 1, tzinfo=UTC))
    seconds = time.perf_counter() - started
    told = [found.check for found in report.findings]
    # A small lakehouse ends before the warm-up, and then no cell is due.
    if "order_flow.unit" not in told:
        raise SystemExit(f"error: the lakehouse was not checked: {told}")
    return {"seconds": seconds, "findings": len(told), "verdict": report.verdict}


def heavy_whole(folder: Path) -> Facts:
    """Read every column and add it up."""
    sums = ", ".join(f"sum(cast({name} as double))" for name in ORDER_FLOW_COLUMNS)
    query = f"select max(timestamp), {sums} from read_parquet({_files(folder)})"
    with duckdb.connect() as connection:
        started = time.perf_counter()
        connection.execute(query).fetchall()
        return {"seconds": time.perf_counter() - started}


def heavy_polars(folder: Path) -> Facts:
    """Take mean, last and deviation of each bar in Polars' streaming engine."""
    parts = []
    for name, statistic in _statistics(folder):
        column = pl.col(name).cast(pl.Float64)
        taken = {
            "mean": column.mean(),
            "last": column.last(),
            "deviation": column.std(ddof=0),
        }[statistic]
        parts.append(taken.alias(f"{name}_{statistic}"))
    edge = pl.col("timestamp").dt.truncate("1h").dt.offset_by("1h")
    started = time.perf_counter()
    query = pl.scan_parquet(_files(folder)).group_by(edge.alias(KEY)).agg(parts)
    found = query.collect(engine="streaming")
    seconds = time.perf_counter() - started
    moment = pl.col(KEY).dt.replace_time_zone(None).cast(pl.Datetime("us"))
    found.with_columns(moment).write_parquet(folder / "peer.parquet")
    return {"seconds": seconds}


def append_ours(folder: Path) -> Facts:
    """Append books to an empty lake."""
    from solalpha.raw import lake

    frame = pl.read_ipc(folder / "books.arrow")
    paths = Paths(data_dir=folder / "data")
    shutil.rmtree(paths.data_dir, ignore_errors=True)
    started = time.perf_counter()
    done = lake.append(paths, "book_snapshots", frame, ingest_id="bench")
    seconds = time.perf_counter() - started
    if done.added != frame.height:
        raise SystemExit(f"error: {done.added} of {frame.height} books were stored")
    return {"seconds": seconds}


def append_polars(folder: Path) -> Facts:
    """Write the same frame, and do nothing else."""
    frame = pl.read_ipc(folder / "books.arrow")
    target = folder / "peer.parquet"
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    frame.write_parquet(target, compression="zstd", statistics=True)
    return {"seconds": time.perf_counter() - started}


def backtest_ours(folder: Path) -> Facts:
    """Backtest the perpetual's policy: account, costs, benchmarks and verdict."""
    from solalpha.backtest.bars import bars_from_rows
    from solalpha.backtest.run import backtest_bars
    from solalpha.strategy.registry import policy_named

    numbers, rows = load_parameters(), pl.read_parquet(folder / "decisions.parquet")
    started = time.perf_counter()
    result = backtest_bars(
        bars_from_rows(rows, numbers),
        policy_named("perp"),
        numbers,
        policy_name="perp",
        model_id="bench",
        build_id="bench",
        trials=1,
        created_at=datetime(2025, 1, 1, tzinfo=UTC),
        progress=None,
    )
    seconds = time.perf_counter() - started
    facts = {"trades": result.trades, "halted_share": result.halted_share}
    return {"seconds": seconds, "bars": result.bars, **facts}


def backtest_bare(folder: Path) -> Facts:
    """Step Backtrader through the same bars with a strategy that does nothing."""
    from solalpha.backtest.bars import bars_from_rows
    from solalpha.backtest.engine import bt
    from solalpha.backtest.feed import DecisionFeed

    class Idle(bt.Strategy):  # type: ignore[misc]
        seen = 0

        def next(self) -> None:
            self.seen += 1

    rows = pl.read_parquet(folder / "decisions.parquet")
    bars = bars_from_rows(rows, load_parameters())
    started = time.perf_counter()
    cerebro = bt.Cerebro(stdstats=False, preload=True, runonce=True)
    cerebro.adddata(DecisionFeed(bars=bars))
    cerebro.addstrategy(Idle)
    seen = cerebro.run()[0].seen
    return {"seconds": time.perf_counter() - started, "bars": seen}


def peak_mb() -> float:
    """Return the most memory this process held, 10^6 bytes."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage would count what the parent held when it started this process.
        lines = [line.split() for line in status.read_text().splitlines()]
        return next(int(line[1]) for line in lines if line[0] == "VmHWM:") * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Run the side that the command line names."""
    side, folder = sys.argv[1], Path(sys.argv[2])
    facts = (globals() | vars(forty_sides))[side](folder)
    print(json.dumps({**facts, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
