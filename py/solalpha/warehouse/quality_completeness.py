"""Count the known cells: bars that have a value, of those that are due, by month.

A series is due from its own first bar, or the coin's warm-up where that is later, to
the coin's newest price; a source that was never there is not due at all.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby

from solalpha.config import Parameters
from solalpha.warehouse import duck
from solalpha.warehouse.quality_report import (
    PASS,
    WARN,
    Completeness,
    Finding,
)
from solalpha.warehouse.quality_steps import PRICES

# Table to its required columns and the SQL that tells whether a bar knows each.
_COLUMNS = {
    "candles": {
        "open": "opening",
        "high": "high",
        "low": "low",
        "close": "closing",
        "volume": "amount",
    },
    "trades": {"price": "closing", "size": "amount"},
    "book_snapshots": {"mid_price": "closing", "best_sizes": "amount"},
    "asset_contexts": {"mark_price": "closing", "open_interest": "amount"},
}
_FUNDING = "funding_rates"


def measure(
    connection: duck.Connection, tables: Collection[str], parameters: Parameters
) -> tuple[Completeness, ...]:
    """Return the known share of each coin's required columns, by month."""
    bar_s = parameters.bar_minutes * 60
    bar = f"to_seconds({bar_s})"
    selects = [
        _bars(table, columns, bar_s)
        for table, columns in _COLUMNS.items()
        if table in tables
    ]
    if _FUNDING in tables:
        selects.append(_funding(bar_s))
    selects.append(
        "select coin, 'order_flow' as table_name, column_name, unnest("
        f"generate_series(time_bucket({bar}, hour_at) + {bar}, "
        f"time_bucket({bar}, hour_at + interval 59 minute) + {bar}, {bar})) as bar_at, "
        "count_known > 0 as is_known from order_flow_columns"
    )
    rows = duck.rows(
        connection,
        f"with cells as ({' union all '.join(selects)}), {_expected(parameters)} "
        "select due.coin, due.table_name, due.column_name, strftime(due.bar_at "
        f"- {bar}, '%Y-%m') as month, count(*), count(known.bar_at) "
        "from due left join known "
        "on due.coin = known.coin and due.table_name = known.table_name "
        "and due.column_name = known.column_name and due.bar_at = known.bar_at "
        "group by all order by all",
    )
    return tuple(
        Completeness(
            coin=coin,
            table=table,
            column=column,
            month=month,
            expected=expected,
            known=known,
        )
        for coin, table, column, month, expected, known in rows
    )


def finding(cells: Collection[Completeness], parameters: Parameters) -> list[Finding]:
    """Tell the share of known cells, and each column that lacks too many in a month.

    A month that has only begun, with fewer bars than the window, is not judged.
    """
    least = parameters.quality_completeness
    expected = sum(cell.expected for cell in cells)
    if not expected:
        return []
    known = sum(cell.known for cell in cells)
    told = f"{known} of {expected} required cells are known, {known / expected:.2%}"
    found = [_finding(PASS if known >= least * expected else WARN, None, told)]
    lacking = sorted(
        (
            cell
            for cell in cells
            if cell.known < least * cell.expected
            and cell.expected >= parameters.quality_window_bars
        ),
        key=lambda cell: (cell.coin, cell.table, cell.column, cell.share),
    )
    for (coin, table, column), members in groupby(
        lacking, key=lambda cell: (cell.coin, cell.table, cell.column)
    ):
        months = list(members)
        worst = months[0]
        told = (
            f"{table}.{column} is below {least:.0%} in {len(months)} months, worst in "
            f"{worst.month}: {worst.known} of {worst.expected} bars, {worst.share:.2%}"
        )
        found.append(_finding(WARN, coin, told))
    return found


def _finding(severity: str, coin: str | None, told: str) -> Finding:
    return Finding(
        check="lake.completeness",
        severity=severity,
        coin=coin,
        source=None,
        first_at=None,
        last_at=None,
        evidence=told,
        remedy="none" if severity == PASS else "ingest what the month lacks",
    )


def _bars(table: str, columns: dict[str, str], bar_s: int) -> str:
    # A candle's event is its right edge, so it belongs to the bar that ends there.
    edge = "interval 1 microsecond" if table == "candles" else "interval 0 second"
    bar_at = (
        f"time_bucket(to_seconds({bar_s}), closed_at - {edge}) + to_seconds({bar_s})"
    )
    listed = ", ".join(
        f"{{'name': '{name}', 'known': count({sql}) > 0}}"
        for name, sql in columns.items()
    )
    return (
        f"select coin, '{table}' as table_name, one.name as column_name, bar_at, "
        f"one.known as is_known from (select coin, bar_at, unnest([{listed}]) as one "
        f"from (select *, {bar_at} as bar_at from {PRICES} where table_name = "
        f"'{table}' and interval_s <= {bar_s}) group by coin, bar_at)"
    )


def _funding(bar_s: int) -> str:
    # A rate is known at every bar of the hours that it charges for.
    bar_at = f"time_bucket(to_seconds({bar_s}), event_at + interval 30 minute)"
    return (
        f"select distinct coin, '{_FUNDING}' as table_name, 'funding_rate' as "
        f"column_name, unnest(generate_series({bar_at} - to_hours(cast(interval_hours "
        f"as integer)) + to_seconds({bar_s}), {bar_at}, to_seconds({bar_s}))) as "
        "bar_at, true as is_known from funding_plausible "
        "where funding_rate is not null and interval_hours between 1 and 24"
    )


def _expected(parameters: Parameters) -> str:
    bar = f"to_seconds({parameters.bar_minutes * 60})"
    return (
        "known as (select distinct coin, table_name, column_name, bar_at from cells "
        "where is_known), "
        f"coins as (select coin, min(bar_at) + {parameters.warmup_bars} * {bar} as "
        "warm_at, max(bar_at) as last_at from priced_bars group by coin), "
        "series as (select coin, table_name, column_name, min(bar_at) as first_at "
        "from known group by all), "
        "due as (select coin, table_name, column_name, unnest(generate_series("
        f"greatest(first_at, warm_at), last_at, {bar})) as bar_at "
        "from series join coins using (coin)) "
    )
