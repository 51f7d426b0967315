"""Checks of spacing: candles and readings without holes, funding where it is due."""

from __future__ import annotations

from solalpha.config import Parameters
from solalpha.warehouse.quality_report import FAIL, WARN
from solalpha.warehouse.quality_rows import Check
from solalpha.warehouse.quality_steps import MINUTES, PRICES

_AT = "'%Y-%m-%d %H:%M'"
_HOLES = {
    "trades": "quality_irregular_gap",
    "book_snapshots": "quality_regular_gap",
    "asset_contexts": "quality_regular_gap",
}


def checks(parameters: Parameters) -> list[Check]:
    """Return the checks of spacing, whatever tables hold rows."""
    return [
        _candle_gaps(),
        _candle_overlaps(),
        *(
            _holes(table, parameters.quality_gap_s, getattr(parameters, name))
            for table, name in _HOLES.items()
        ),
        _funding_gaps(),
        _funding_interval(),
        _headline_gaps(parameters.headline_cover_hours),
        _repeated_headlines(),
        _prices(parameters),
    ]


def _candle_gaps() -> Check:
    return Check(
        name="gaps",
        table="candles",
        sql=(
            "with spaced as (select *, lag(closed_at) over (partition by coin, source, "
            "interval order by opened_at) as before_at from "
            f"{PRICES} where table_name = 'candles'), "
            "holes as (select *, epoch(opened_at - before_at) / interval_s as n "
            "from spaced where opened_at > before_at) "
            f"select coin, source, '{WARN}', min(before_at), max(opened_at), "
            "cast(round(sum(n)) as bigint) || ' candles of ' || interval "
            "|| ' are missing in ' || count(*) || ' holes, the longest ' "
            "|| cast(round(max(n)) as bigint) || ' from ' "
            f"|| strftime(max_by(before_at, n), {_AT}) "
            "from holes where round(n) > 0 group by coin, source, interval"
        ),
        remedy="ingest the missing range; until then its bars have no price of this "
        "series",
    )


def _candle_overlaps() -> Check:
    return Check(
        name="overlaps",
        table="candles",
        sql=(
            "with spaced as (select *, lag(opened_at) over (partition by coin, source, "
            "interval order by opened_at) as before_at from "
            f"{PRICES} where table_name = 'candles') "
            f"select coin, source, '{FAIL}', min(before_at), max(opened_at), count(*) "
            "|| ' candles of ' || interval || ' open before those before closed' "
            "from spaced where opened_at > before_at "
            "and epoch(opened_at - before_at) < interval_s "
            "group by coin, source, interval"
        ),
        remedy="two intervals or time zones were mixed under one name; ingest again",
    )


def _holes(table: str, least_s: int, times: float) -> Check:
    return Check(
        name="gaps",
        table=table,
        sql=(
            "with spaced as (select *, lag(last_at) over (partition by coin, source "
            f"order by minute_at) as before_at from {MINUTES} "
            f"where table_name = '{table}'), "
            "usual as (select coin, source, median(epoch(first_at - before_at)) as "
            "spacing_s from spaced group by coin, source), "
            "holes as (select spaced.*, spacing_s, epoch(first_at - before_at) as n "
            "from spaced join usual using (coin, source) "
            f"where epoch(first_at - before_at) > greatest({least_s}, "
            f"{times} * spacing_s)) "
            f"select coin, source, '{WARN}', min(before_at), max(first_at), "
            "count(*) || ' holes of ' || cast(round(sum(n)) as bigint) || ' s in all, "
            "the longest ' || cast(round(max(n)) as bigint) || ' s from ' "
            f"|| strftime(max_by(before_at, n), {_AT}) from holes "
            "group by coin, source"
        ),
        remedy="fill the hole from an archive; what needs it is unknown until then",
    )


def _funding_gaps() -> Check:
    # A row says how many hours it charges for, so a hole is a longer distance to the
    # row before. This holds before and after the venue went from 8 hours to one.
    return Check(
        name="gaps",
        table="funding_rates",
        sql=(
            "with spaced as (select *, lag(event_at) over (partition by coin, source "
            "order by event_at) as before_at from funding_plausible), "
            "holes as (select *, cast(round(epoch(event_at - before_at) "
            "/ 3600 / interval_hours) as bigint) - 1 as n from spaced "
            "where interval_hours > 0) "
            f"select coin, source, '{WARN}', min(before_at), max(event_at), "
            "sum(n) || ' due settlements are missing, the first after ' "
            f"|| strftime(min(before_at), {_AT}) "
            "from holes where n > 0 group by coin, source"
        ),
        remedy="ingest funding for the range; a missing hour stays unknown, never 0",
    )


def _funding_interval() -> Check:
    return Check(
        name="interval",
        table="funding_rates",
        sql=(
            "with spaced as (select *, epoch(event_at - lag(event_at) over (partition "
            "by coin, source order by event_at)) / 3600 as hours from "
            "funding_plausible) "
            f"select coin, source, '{FAIL}', min(event_at), max(event_at), count(*) "
            "|| ' settlements charge for more hours than passed since the one before, "
            "e.g. ' || max(interval_hours) || ' hours after ' || round(min(hours), 1) "
            "from spaced where hours > 0.25 and round(hours) < interval_hours "
            "group by coin, source"
        ),
        remedy="correct interval_hours in the source: each rate is for that many hours",
    )


def _headline_gaps(hours: int) -> Check:
    return Check(
        name="gaps",
        table="headlines",
        sql=(
            "with spaced as (select event_at, lag(event_at) over (order by event_at) "
            "as before_at from headlines_plausible), "
            "holes as (select *, epoch(event_at - before_at) / 3600 as n from spaced) "
            f"select null, null, '{WARN}', min(before_at), max(event_at), "
            f"count(*) || ' silences of more than {hours} h of all headlines, the "
            "longest ' || cast(round(max(n)) as bigint) || ' h from ' "
            f"|| strftime(max_by(before_at, n), {_AT}) from holes where n > {hours} "
            "having count(*) > 0"
        ),
        remedy="ingest headlines for the range; sentiment is unknown there, not 0",
    )


def _repeated_headlines() -> Check:
    # Agencies repeat a story through the day; within minutes it is the same item.
    return Check(
        name="repeated",
        table="headlines",
        sql=(
            "with spaced as (select *, lag(published_at) over (partition by source, "
            "lower(trim(title)) order by published_at) as before_at, "
            "lag(headline_id) over (partition by source, lower(trim(title)) "
            "order by published_at) as before_id from headlines_plausible "
            "where trim(title) <> '') "
            f"select null, source, '{WARN}', min(event_at), max(event_at), "
            "count(*) || ' headlines repeat one of two minutes before under another "
            "id, e.g. ' || left(min(title), 60) from spaced "
            "where headline_id <> before_id "
            "and published_at <= before_at + interval 2 minute group by source"
        ),
        remedy="ingest one file per feed; a story counted twice weighs twice",
    )


def _prices(parameters: Parameters) -> Check:
    # Recent bars without any price: what quality_bars fails, told for the whole lake.
    bar_s, bars = parameters.bar_minutes * 60, parameters.quality_window_bars
    coins = f"'{parameters.trade_coin}', '{parameters.benchmark_coin}'"
    return Check(
        name="prices",
        table="lake",
        sql=(
            "with latest as (select max(bar_at) as last_bar_at from priced_bars), "
            "recent as (select coin, count(*) filter (where bar_at > last_bar_at - "
            f"to_seconds({bar_s * bars})) as n, max(bar_at) as newest_at, "
            "any_value(last_bar_at) as last_bar_at, "
            f"least({bars}, date_diff('second', min(bar_at), any_value(last_bar_at)) "
            f"// {bar_s} + 1) as due from priced_bars cross join latest group by coin) "
            f"select coin, null, case when coin in ({coins}) then '{FAIL}' "
            f"else '{WARN}' end, newest_at, last_bar_at, due - n || ' of the last ' "
            "|| due || ' bars have no price from any source; the newest closes at ' "
            f"|| strftime(newest_at, {_AT}) from recent "
            f"where due - n > {parameters.quality_max_missing_share} * due "
            f"union all select '{parameters.trade_coin}', null, '{WARN}', null, null, "
            "'no table holds a price of the traded coin' where not exists (select 1 "
            f"from priced_bars where coin = '{parameters.trade_coin}')"
        ),
        remedy="ingest or record the coin's newest prices; entries are blocked until "
        "the window has them",
    )
