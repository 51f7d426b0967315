"""The timed sides of the analysts' benchmark: fifty queries over a year of bars.

Ours asks the published file on a connection that is opened outside the clock, as a
shell or notebook holds it; the peers ask the same tables as parquet, one file each.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

ROOT = Path(__file__).resolve().parents[2]
YEAR_DAYS = 365
QUERIES = Path(__file__).with_name("analyst_queries.sql")
_REPEATS = 5
Facts = dict[str, Any]


def make_published(folder: Path, days: int) -> None:
    """Publish a sample of so many days, and write its tables as parquet besides."""
    data = folder / "data"
    sample = ["sample", "--days", str(days), "--book-interval", "3600"]
    for arguments in (sample, ["build"]):
        command = [sys.executable, "-m", "solalpha.cli.program", *arguments]
        subprocess.run([*command, "--data-dir", str(data), "--json"], check=True)
    parquet = folder / "parquet"
    parquet.mkdir()
    with duckdb.connect(str(_file(folder)), read_only=True) as connection:
        for name in _tables(connection):
            connection.execute(f"copy {name} to '{parquet / name}.parquet'")


def analyst_ours(folder: Path) -> Facts:
    """Ask the published file."""
    with duckdb.connect(str(_file(folder)), read_only=True) as connection:
        return _timed(lambda sql: connection.execute(sql).fetchall())


def analyst_parquet(folder: Path) -> Facts:
    """Ask the same engine over parquet."""
    with duckdb.connect() as connection:
        for file in sorted((folder / "parquet").glob("*.parquet")):
            connection.execute(f"create view {file.stem} as from '{file}'")
        return _timed(lambda sql: connection.execute(sql).fetchall())


def analyst_polars(folder: Path) -> Facts:
    """Ask Polars' SQL over parquet; queries beyond its dialect count as refused."""
    frames = {
        file.stem: pl.scan_parquet(file)
        for file in sorted((folder / "parquet").glob("*.parquet"))
    }
    with pl.SQLContext(frames) as context:
        return _timed(lambda sql: context.execute(sql).collect().rows())


def queries() -> list[str]:
    """Return the queries."""
    texts = QUERIES.read_text(encoding="utf-8").split(";")
    return [text.strip() for text in texts if text.strip()]


def _timed(ask: Callable[[str], Any]) -> Facts:
    # A query's time is the median of some, the first left out: files stand in memory.
    times: list[float] = []
    refused = 0
    for sql in queries():
        try:
            ask(sql)
        except (pl.exceptions.PolarsError, AttributeError):
            refused += 1
            continue
        times.append(statistics.median(_clocked(ask, sql) for _ in range(_REPEATS)))
    p95 = statistics.quantiles(times, n=20)[-1]
    told = {
        "queries": len(times),
        "refused": refused,
        "median_s": statistics.median(times),
        "p95_s": p95,
        "slowest_s": max(times),
    }
    sys.stderr.write(json.dumps(told) + "\n")
    return {"seconds": told["median_s"], **told}


def _clocked(ask: Callable[[str], Any], sql: str) -> float:
    begun = time.perf_counter()
    ask(sql)
    return time.perf_counter() - begun


def _file(folder: Path) -> Path:
    return folder / "data" / "warehouse" / "current.duckdb"


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'main'"
    ).fetchall()
    return sorted(name for (name,) in found)
