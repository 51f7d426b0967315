"""Forty columns to hourly bars, five statistics each: our SQL against other engines.

Ours is what the project's own macros render, over the project's own staging; dbt
renders it while the input is made, so that its start is in no figure.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import heavy_lake
import polars as pl
from worlds import dbt_call

from solalpha.config import Paths, load_parameters
from solalpha.raw import lakehouse
from solalpha.raw.schemas import ORDER_FLOW_COLUMNS
from solalpha.warehouse.build import PROD, database
from solalpha.warehouse.dbt_call import invoke

KEY = "bar_closed_at"
COLUMNS = ORDER_FLOW_COLUMNS[3:43]
BOUND = 0.5
DAYS_OF_PANDAS = 10
STAGING = "stg_lakehouse__order_flow"
HOUR_US = 3_600_000_000
Facts = dict[str, Any]
# Side, what it is, and the ratio that ours may have to it.
PEERS = (
    ("scan", "DuckDB, the columns read and summed", "6"),
    ("polars", "Polars streaming, its slopes blind to nulls", None),
    ("known", "Polars streaming, slopes over known rows as ours", "1.3"),
    ("pandas", "pandas, ten days scaled up", "0.167, six times as fast"),
    ("day", "ours, the last day alone", "33 from 40 days on, a day below 3 %"),
)

QUERY = """
{%- set kept = ['mean', 'last', 'deviation', 'slope', 'extreme'] -%}
{%- set measures = [] -%}
{%- for column in order_flow_columns()[3:43] -%}
    {%- do measures.append(dict(column, statistics=kept, bound=0.5)) -%}
{%- endfor -%}
with order_flow as (
    select
        coin, source,
        {%- for measure in measures %} {{ measure['name'] }}, {%- endfor %}
        {{ order_key() }} as order_key,
        {{ microseconds_from_mid_bar('event_at') }} as moment_us,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_lakehouse__order_flow') }}
    where 'files' = 'files'
),
order_flow_scaled as (
    select
        coin, source,
        {%- for measure in measures %} {{ measure['name'] }}, {%- endfor %}
        {{- order_flow_whole_numbers(measures, only_own=false) }}
        order_key, moment_us, bar_closed_at,
    from order_flow
    where available_at <= {{ decided_at('bar_closed_at') }}
),
order_flow_summed as (
    select
        coin, source, bar_closed_at,
        {{- order_flow_summed(measures) }}
        count(*) as count_rows,
    from order_flow_scaled
    group by coin, source, bar_closed_at
),
order_flow_centred as (
    select
        coin, source, bar_closed_at,
        {{- order_flow_centred(measures) }}
        count_rows,
    from order_flow_summed
)
select
    coin, source, bar_closed_at,
    {{- order_flow_statistics_of_sums(measures) }}
    count_rows,
from order_flow_centred
"""


def make_forty(folder: Path, rows: int) -> None:
    """Write whole days of about ``rows`` rows, adopt them and render our SQL."""
    root, paths = folder / "lakehouse", Paths(data_dir=folder / "data")
    days = max(2, rows // heavy_lake.ROWS_PER_DAY)
    heavy_lake.write_days(root, 0, days, seed=5)
    present = datetime(2040, 1, 1, tzinfo=UTC)
    lakehouse.adopt(paths, load_parameters(), root, None, ingested_at=present)
    paths.warehouse.mkdir(parents=True, exist_ok=True)
    call = dbt_call(paths)
    for command in (["run", "--select", STAGING], ["compile", "--inline", QUERY]):
        outcome = invoke(call, command, None)
        if not outcome.success:
            raise SystemExit(f"error: dbt could not {command[0]}; see {call.log_dir}")
    [rendered] = outcome.result.results
    (folder / "forty.sql").write_text(rendered.node.compiled_code)


def _timed(work: Callable[[], Any]) -> tuple[Any, Facts]:
    # What the work gives, and its time by the clock and of all cores, s.
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return answer, {
        "seconds": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
    }


def _files(folder: Path) -> list[str]:
    return sorted(map(str, (folder / "lakehouse").rglob("*.parquet")))


def _ours(folder: Path, condition: str, answer: str) -> Facts:
    sql = (folder / "forty.sql").read_text().replace("'files' = 'files'", condition)
    file = database(Paths(data_dir=folder / "data"), PROD)
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 2")
        query = f"create temp table ours as {sql}"
        _, times = _timed(lambda: connection.execute(query))
        connection.execute(f"copy ours to '{folder / answer}'")
    return times


def forty_ours(folder: Path) -> Facts:
    """Run our SQL over all days."""
    return _ours(folder, "true", "ours.parquet")


def forty_day(folder: Path) -> Facts:
    """Run our SQL over the last day, as an incremental build does."""
    condition = f"file_path = '{_files(folder)[-1]}'"
    return _ours(folder, condition, "day.parquet")


def forty_scan(folder: Path) -> Facts:
    """Read the same columns and add them up."""
    sums = ", ".join(f"sum({name})" for name in COLUMNS)
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        query = f"select {sums} from read_parquet({_files(folder)})"
        _, times = _timed(lambda: connection.execute(query).fetchall())
    return times


def forty_polars(folder: Path) -> Facts:
    """Take the statistics in Polars' streaming engine, nulls not minded."""
    return _in_polars(folder, is_blind=True)


def forty_known(folder: Path) -> Facts:
    """Take them with the moments of the rows whose value is known, as ours does."""
    return _in_polars(folder, is_blind=False)


def _in_polars(folder: Path, *, is_blind: bool) -> Facts:
    moment = pl.col("moment")
    parts = [
        part.alias(f"{name}_{statistic}")
        for name in COLUMNS
        for x in [pl.col(name)]
        for known in [moment if is_blind else pl.when(x.is_not_null()).then(moment)]
        for statistic, part in (
            ("mean", x.mean()),
            ("last", x.last()),
            ("deviation", x.std(ddof=0)),
            (
                "slope",
                ((x * moment).mean() - x.mean() * known.mean())
                / known.var(ddof=0)
                * HOUR_US,
            ),
            ("extreme", (x.abs() >= BOUND).mean()),
        )
    ]
    time_us = pl.col("timestamp").dt.epoch("us")
    edge = pl.col("timestamp").dt.truncate("1h").dt.offset_by("1h").alias(KEY)
    query = (
        pl.scan_parquet(_files(folder))
        .with_columns(moment=(time_us % HOUR_US - HOUR_US // 2).cast(pl.Float64))
        .group_by(edge)
        .agg(parts)
    )
    found, times = _timed(lambda: query.collect(engine="streaming"))
    naive = pl.col(KEY).dt.replace_time_zone(None).cast(pl.Datetime("us"))
    # Of what is constant in a bar Polars leaves rounding where the answer is 0.
    constant = [
        f"{name}_{statistic}"
        for name in COLUMNS
        if name.startswith(heavy_lake.HOURLY)
        for statistic in ("deviation", "slope")
    ]
    answer = found.with_columns(naive).drop(constant)
    answer.write_parquet(folder / "peer.parquet")
    return times


def forty_pandas(folder: Path) -> Facts:
    """Take them in pandas over ten days; the time is scaled up to all days."""
    files = _files(folder)
    kept = files[:DAYS_OF_PANDAS]
    bars, times = _timed(lambda: _in_pandas(kept))
    scale = len(files) / len(kept)
    return {**{name: spent * scale for name, spent in times.items()}, "bars": bars}


def _in_pandas(files: list[str]) -> int:
    import pandas as pd

    names = ["timestamp", *COLUMNS]
    frame = pd.concat([pd.read_parquet(file, columns=names) for file in files])
    edge = frame["timestamp"].dt.floor("1h")
    moment = (frame["timestamp"] - edge).dt.total_seconds()
    values = frame[list(COLUMNS)]
    groups = values.groupby(edge)
    found = [groups.mean(), groups.last(), groups.std(ddof=0)]
    products = values.mul(moment, axis=0).groupby(edge).mean()
    by_time = moment.groupby(edge)
    centred = products - found[0].mul(by_time.mean(), axis=0)
    found.append(centred.div(by_time.var(ddof=0), axis=0) * 3600)
    found.append((values.abs() >= BOUND).groupby(edge).mean())
    return len(found[0])
