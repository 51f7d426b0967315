"""Check what adopted order flow holds, column by column, from its hourly measures."""

from __future__ import annotations

from collections.abc import Mapping

from solalpha.config import Parameters
from solalpha.warehouse import duck
from solalpha.warehouse.quality_report import FAIL, WARN, Finding
from solalpha.warehouse.quality_rows import Check, run

TABLE = "order_flow"
_AT = "'%Y-%m-%d %H:%M'"
_MONTH = "'%Y-%m'"
# A flag or a clock stands still for long and is right.
_STILL = "'golden_cross', 'hour', 'day_of_week', 'is_us_open'"
_QUOTES = "'best_bid', 'best_ask', 'mid_price'"
_NOT_NEGATIVE = r"'^(bid|ask)_(volume|vwap)_\d+$|^avg_'"
_SHARES = "'^(depth|order_count)_imbalance_'"
_CORRECT = (
    "name the right columns in a --mapping file, or correct the file; adopt again"
)
_ASK = "ask who writes the files; give the scale in a --mapping file where it is one"
_MONTHS = (
    "with months as (select coin, column_name, "
    "date_trunc('month', hour_at) as month_at, "
    "min(hour_at) as first_at, max(hour_at) as last_at, count(*) as hours, "
    "sum(count_rows) as count_rows, sum(count_known) as count_known, "
    "min(least) as least, max(greatest) as greatest, "
    "median(greatest(abs(least), abs(greatest))) as typical "
    "from order_flow_columns where is_finite group by all), "
    "newest as (select coin, max(month_at) as newest_at from months group by coin) "
)


def check(
    connection: duck.Connection,
    columns: Mapping[tuple[str, str], tuple[str, float]],
    parameters: Parameters,
) -> list[Finding]:
    """Check the hourly measures of every coin that has any."""
    coins = [
        coin
        for (coin,) in duck.rows(
            connection, "select distinct coin from order_flow_hours order by coin"
        )
    ]
    findings = [
        _unmapped(coin)
        for coin in coins
        if not {(coin, "best_bid"), (coin, "best_ask")} <= set(columns)
    ]
    if not coins:
        return findings
    connection.execute(
        "create or replace temp view order_flow as "
        "select *, first_at as event_at from order_flow_hours"
    )
    for one in _checks(parameters):
        findings += run(connection, one)
    return findings


def _unmapped(coin: str) -> Finding:
    return Finding(
        check=f"{TABLE}.quotes",
        severity=FAIL,
        coin=coin,
        source="lakehouse",
        first_at=None,
        last_at=None,
        evidence="the best bid or ask of an adopted coin is not mapped",
        remedy=_CORRECT,
    )


def _checks(parameters: Parameters) -> list[Check]:
    return [
        _crossed(parameters.quality_crossed_share),
        _hourly(
            "positive",
            FAIL,
            f"column_name in ({_QUOTES}) and least <= 0",
            "a quote at or below 0",
        ),
        _hourly(
            "negative",
            FAIL,
            f"regexp_matches(column_name, {_NOT_NEGATIVE}) and least < 0",
            "a volume or price below 0",
        ),
        _hourly(
            "range",
            WARN,
            f"regexp_matches(column_name, {_SHARES}) "
            "and greatest(abs(least), abs(greatest)) > 1 + 1e-9",
            "a share outside [-1, 1]",
        ),
        _hourly("finite", FAIL, "not is_finite", "infinite or not a number"),
        _nulls(),
        _constant(),
        _unit(parameters),
        _price_unit(parameters.quality_price_ratio),
        _frozen(parameters.quality_frozen_bars),
    ]


def _crossed(share: float) -> Check:
    return Check(
        name="crossed",
        table=TABLE,
        sql=(
            "with days as (select coin, date_trunc('day', hour_at) as day_at, "
            "min(first_at) filter (where count_crossed > 0) as first_at, "
            "max(last_at) filter (where count_crossed > 0) as last_at, "
            "sum(count_rows) as count_rows, sum(count_crossed) as count_crossed "
            "from order_flow_hours group by all) "
            "select coin, 'lakehouse', case when max(count_crossed / count_rows) "
            f"> {share} then '{FAIL}' else '{WARN}' end, min(first_at), max(last_at), "
            "sum(count_crossed) || ' of ' || sum(count_rows) || ' rows have the bid "
            "above the ask' from days group by coin having sum(count_crossed) > 0"
        ),
        remedy=_CORRECT,
    )


def _hourly(name: str, severity: str, condition: str, told: str) -> Check:
    return Check(
        name=name,
        table=TABLE,
        sql=(
            f"select coin, 'lakehouse', '{severity}', min(hour_at), "
            "max(hour_at) + interval 1 hour, column_name || ' is "
            f"{told} in ' || count(*) || ' hours' from order_flow_columns "
            f"where {condition} group by coin, column_name"
        ),
        remedy=_CORRECT,
    )


def _nulls() -> Check:
    # A column that was there and is null in the newest month is wrong now; one that
    # was never there is told only.
    return Check(
        name="null_column",
        table=TABLE,
        sql=(
            f"{_MONTHS}, known as (select coin, column_name, "
            "sum(count_known) as ever_known from months group by all) "
            "select coin, 'lakehouse', case when ever_known > 0 "
            f"and max(month_at) = any_value(newest_at) then '{FAIL}' "
            f"else '{WARN}' end, min(first_at), max(last_at), "
            "column_name || ' is null all through ' || "
            "case when ever_known > 0 then string_agg(strftime(month_at, "
            f"{_MONTH}), ', ' order by month_at) else 'every month' end "
            "from months join newest using (coin) join known using (coin, column_name) "
            "where count_known = 0 group by coin, column_name, ever_known"
        ),
        remedy=_ASK,
    )


def _constant() -> Check:
    return Check(
        name="constant",
        table=TABLE,
        sql=(
            f"{_MONTHS} select coin, 'lakehouse', '{WARN}', min(first_at), "
            "max(last_at), column_name || ' has one value, ' || max(least) || ', all "
            f"through ' || string_agg(strftime(month_at, {_MONTH}), ', ' "
            "order by month_at) from months where least = greatest and hours > 1 "
            f"and column_name not in ({_STILL}) group by coin, column_name"
        ),
        remedy=_ASK,
    )


def _unit(parameters: Parameters) -> Check:
    return Check(
        name="unit",
        table=TABLE,
        sql=(
            f"{_MONTHS}, compared as (select *, lag(typical) over (partition by coin, "
            "column_name order by month_at) as before from months where typical > 0 "
            "and least < greatest), "
            "moved as (select *, greatest(typical / before, before / typical) as step "
            "from compared) "
            f"select coin, 'lakehouse', '{FAIL}', min(first_at), max(last_at), "
            "column_name || ' is typically ' || round(max(step)) || ' times larger "
            f"or smaller than the month before in ' || string_agg(strftime(month_at, "
            f"{_MONTH}), ', ' order by month_at) from moved "
            f"where step >= {parameters.quality_column_ratio} "
            "group by coin, column_name"
        ),
        remedy=_ASK,
    )


def _price_unit(ratio: float) -> Check:
    return Check(
        name="price_unit",
        table=TABLE,
        sql=(
            "with compared as (select *, lag(greatest) over (partition by coin, "
            "column_name order by hour_at) as before from order_flow_columns "
            f"where column_name in ({_QUOTES}) and least > 0 and is_finite), "
            "moved as (select *, greatest(greatest / least, greatest / before, "
            "before / least) as step from compared) "
            f"select coin, 'lakehouse', '{FAIL}', min(hour_at), "
            "max(hour_at) + interval 1 hour, column_name || ' changes ' "
            "|| round(max(step)) || ' times within two hours at ' || "
            f"strftime(max_by(hour_at, step), {_AT}) from moved where step >= {ratio} "
            "group by coin, column_name"
        ),
        remedy=_ASK,
    )


def _frozen(hours: int) -> Check:
    # A column that moves within most hours and then not at all, hour upon hour.
    over = "(partition by coin, column_name order by hour_at)"
    return Check(
        name="frozen",
        table=TABLE,
        sql=(
            "with lively as (select coin, column_name from order_flow_columns "
            f"where count_known > 1 and column_name not in ({_STILL}) group by all "
            "having count(*) filter (where least < greatest) * 2 >= count(*)), "
            "marked as (select *, least = greatest and least is not distinct from "
            f"lag(greatest) over {over} as is_same from order_flow_columns "
            "join lively using (coin, column_name) where is_finite), "
            "numbered as (select *, sum(case when is_same then 0 else 1 end) "
            f"over {over} as run from marked), "
            "runs as (select coin, column_name, count(*) as n, "
            "min(hour_at) as first_at, max(hour_at) as last_at "
            "from numbered group by coin, column_name, run "
            f"having count(*) > {hours}) "
            f"select coin, 'lakehouse', '{WARN}', min(first_at), "
            "max(last_at) + interval 1 hour, column_name || ' repeats one value for ' "
            f"|| max(n) || ' hours from ' || strftime(max_by(first_at, n), {_AT}) "
            "from runs group by coin, column_name"
        ),
        remedy="ask who writes the files: what feeds the column hung",
    )
