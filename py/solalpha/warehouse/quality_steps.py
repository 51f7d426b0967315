"""Cut each table into steps in one pass: candles as they are, all else by the minute.

The checks of gaps, outliers, units and repetition then read these few rows and not the
tables again. Rows whose time cannot be true are left out; another check tells them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from solalpha.config import Parameters
from solalpha.warehouse import duck
from solalpha.warehouse.quality_generic import plausible

# One row per table, coin, source, interval and step; closed_at is the last event.
PRICES = "price_steps"
# One row per table, coin, source and minute that has rows; what_repeats is the minute's
# only content or null.
MINUTES = "reading_minutes"
MINUTE = "minute"

_TRUE_VIEWS = {
    "funding_plausible": "funding_rates",
    "headlines_plausible": "headlines",
}
_MINUTE_COLUMNS = (
    "coin, source, date_trunc('minute', event_at) as minute_at, "
    "count(*) as count_rows, min(event_at) as first_at, max(event_at) as last_at"
)
_CANDLES = (
    "select 'candles' as table_name, coin, source, interval, interval_s, "
    "open_at as opened_at, event_at as closed_at, open as opening, high, low, "
    "close as closing, volume as amount from candles where {true}"
)
_PRICED = {
    "trades": ("price", "size", "sequence"),
    "book_snapshots": (
        "(bid_price_1 + ask_price_1) / 2",
        "bid_size_1 + ask_size_1",
        "sequence",
    ),
    "asset_contexts": ("mark_price", "open_interest", "event_at"),
}
_REPEATING = {
    "trades": "null",
    "book_snapshots": "hash(bid_price_1, bid_size_1, ask_price_1, ask_size_1)",
    "asset_contexts": "hash(mark_price, oracle_price)",
}


def create(
    connection: duck.Connection,
    tables: Collection[str],
    parameters: Parameters,
    now: datetime,
) -> None:
    """Create the steps of ``tables``, which hold rows; the others get none."""
    true = plausible(now)
    for name, table in _TRUE_VIEWS.items():
        connection.execute(
            f"create or replace temp view {name} as select * from {table} where {true}"
        )
    for name in _PRICED:
        body = _minutes(name, true)
        held = "" if name in tables else " limit 0"
        connection.execute(
            f"create or replace temp table {name}_minutes as {body}{held}"
        )
    candles = _CANDLES.format(true=true)
    connection.execute(
        f"create or replace temp table {PRICES} as {candles} union all by name "
        + " union all by name ".join(_prices(name) for name in _PRICED)
    )
    connection.execute(
        f"create or replace temp view {MINUTES} as "
        + " union all ".join(
            f"select '{name}' as table_name, coin, source, minute_at, count_rows, "
            f"first_at, last_at, what_repeats from {name}_minutes"
            for name in _PRICED
        )
    )
    bar = f"to_seconds({parameters.bar_minutes * 60})"
    connection.execute(
        "create or replace temp view priced_bars as select distinct coin, "
        f"time_bucket({bar}, closed_at - case when table_name = 'candles' "
        f"then interval 1 microsecond else interval 0 second end) + {bar} as bar_at "
        f"from {PRICES} where table_name <> 'asset_contexts' and closing is not null "
        f"and interval_s <= {parameters.bar_minutes * 60} and closed_at is not null "
        f"union select coin, unnest(generate_series(time_bucket({bar}, first_at) + "
        f"{bar}, time_bucket({bar}, last_at) + {bar}, {bar})) from order_flow_hours"
    )


def _minutes(name: str, true: str) -> str:
    price, amount, order = _PRICED[name]
    repeating = _REPEATING[name]
    quotes = (
        "min(bid_price_1) as lowest_bid, max(ask_price_1) as highest_ask, "
        if name == "book_snapshots"
        else ""
    )
    return (
        f"select {_MINUTE_COLUMNS}, {quotes}arg_min(price, place) as opening, "
        "max(price) as high, min(price) as low, arg_max(price, place) as closing, "
        "avg(amount) as amount, case when min(content) = max(content) "
        "then min(content) end as what_repeats from (select *, "
        f"{price} as price, {amount} as amount, {order} as place, "
        f"{repeating} as content from {name} where {true}) "
        "group by coin, source, minute_at"
    )


def _prices(name: str) -> str:
    return (
        f"select '{name}' as table_name, coin, source, '{MINUTE}' as interval, "
        "60 as interval_s, first_at as opened_at, last_at as closed_at, opening, high, "
        f"low, closing, amount from {name}_minutes"
    )
