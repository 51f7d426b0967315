"""Checks of prices, sizes and volumes: impossible values, crossed books, outliers."""

from __future__ import annotations

from solalpha.config import Parameters
from solalpha.warehouse.quality_report import FAIL, WARN
from solalpha.warehouse.quality_rows import Check, where

_CORRECT = "compare the rows with their source; remove and ingest their file again"
_SERIES = "coin, source, interval"
# Table, name, what no row may meet, and what it is called.
_IMPOSSIBLE = (
    (
        "candles",
        "high_below_low",
        "high < low",
        "candles with the high below the low",
    ),
    (
        "candles",
        "outside_range",
        "high >= low and (greatest(open, close) > high or least(open, close) < low)",
        "candles that open or close outside their range",
    ),
    (
        "candles",
        "positive",
        "least(open, high, low, close) <= 0 or volume < 0",
        "candles with a price at or below 0 or a negative volume",
    ),
    (
        "trades",
        "positive",
        "price <= 0 or size <= 0",
        "trades with a price or size at or below 0",
    ),
    (
        "trades",
        "aggressor",
        "aggressor_side not in ('buy', 'sell')",
        "trades whose aggressor is neither buy nor sell",
    ),
    (
        "asset_contexts",
        "positive",
        "mark_price <= 0 or oracle_price <= 0",
        "readings with a mark or oracle price at or below 0",
    ),
    (
        "book_snapshots",
        "positive",
        "least(bid_price_1, ask_price_1) <= 0 or least(bid_size_1, ask_size_1) < 0",
        "snapshots with a price at or below 0 or a negative size",
    ),
    (
        "book_snapshots",
        "levels",
        "bid_price_2 >= bid_price_1 or ask_price_2 <= ask_price_1",
        "snapshots whose second level is better than the first",
    ),
)


def checks(parameters: Parameters) -> list[Check]:
    """Return the checks of prices and volumes, whatever tables hold rows."""
    return [
        *_impossible(),
        _crossed(parameters.quality_crossed_share),
        _zero_volume(parameters.quality_zero_volume_bars),
        _outliers(parameters.quality_outlier_sigmas, parameters.realised_long_bars),
    ]


def _impossible() -> list[Check]:
    return [
        Check(
            name=name,
            table=table,
            sql=where(table, condition, FAIL, told),
            remedy=_CORRECT,
        )
        for table, name, condition, told in _IMPOSSIBLE
    ]


def _crossed(share: float) -> Check:
    return Check(
        name="crossed",
        table="book_snapshots",
        sql=(
            "select coin, source, "
            f"case when count(*) filter (where is_crossed) > {share} * count(*) "
            f"then '{FAIL}' else '{WARN}' end, "
            "min(event_at) filter (where is_crossed), "
            "max(event_at) filter (where is_crossed), "
            "count(*) filter (where is_crossed) || ' of ' || count(*) "
            "|| ' snapshots have the best bid at or above the best ask' "
            "from (select *, bid_price_1 >= ask_price_1 as is_crossed "
            "from book_snapshots) "
            "group by coin, source having count(*) filter (where is_crossed) > 0"
        ),
        remedy="crossed snapshots fail the bars that hold too many; see quality_bars",
    )


def _zero_volume(run_bars: int) -> Check:
    return Check(
        name="zero_volume",
        table="candles",
        sql=(
            "with marked as (select *, row_number() over (partition by "
            f"{_SERIES} order by open_at) - row_number() over (partition by {_SERIES}, "
            "volume = 0 order by open_at) as run from candles), "
            f"runs as (select {_SERIES}, count(*) as n, min(open_at) as first_at, "
            "max(event_at) as last_at from marked where volume = 0 "
            f"group by {_SERIES}, run) "
            f"select coin, source, '{WARN}', min(first_at), max(last_at), "
            "sum(n) || ' candles of ' || interval || ' without volume, ' "
            f"|| count(*) filter (where n >= {run_bars}) || ' runs of {run_bars} or "
            "more, the longest ' || max(n) || ' from ' "
            "|| strftime(max_by(first_at, n), '%Y-%m-%d %H:%M') "
            f"from runs group by {_SERIES}"
        ),
        remedy="expected before a listing and in stalls of the venue; such bars have "
        "no trades to learn from",
    )


def _outliers(sigmas: float, window: int) -> Check:
    # 1.4826 times the median of absolute returns is the deviation of a normal one.
    return Check(
        name="outliers",
        table="candles",
        sql=(
            "with moved as (select *, abs(ln(close / lag(close) over series)) as move "
            "from candles where close > 0 "
            f"window series as (partition by {_SERIES} order by open_at)), "
            "scaled as (select *, 1.4826 * median(move) over (partition by "
            f"{_SERIES} order by open_at rows between {window} preceding "
            "and 1 preceding) as scale, count(move) over (partition by "
            f"{_SERIES} order by open_at rows between {window} preceding "
            "and 1 preceding) as known from moved) "
            f"select coin, source, '{WARN}', min(event_at), max(event_at), "
            "count(*) || ' moves of ' || interval || ' candles beyond "
            f"{sigmas:g} robust deviations, the largest ' "
            "|| round(100 * max(move), 2) || ' % at ' "
            "|| strftime(max_by(event_at, move), '%Y-%m-%d %H:%M') "
            f"from scaled where known >= {window} and scale > 0 "
            f"and move > {sigmas} * scale group by {_SERIES}"
        ),
        remedy="check the largest against another venue; a real crash stays",
    )
