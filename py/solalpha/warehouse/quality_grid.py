"""Checks against the expected grid: candles without holes, funding where it is due."""

from __future__ import annotations

from solalpha.config import Parameters
from solalpha.warehouse.quality_report import FAIL, WARN
from solalpha.warehouse.quality_rows import Check, where


def checks(parameters: Parameters) -> list[Check]:
    """Return the checks of spacing."""
    return [
        _candle_gaps(),
        _candle_grid(),
        _funding_gaps(),
        _funding_jitter(parameters.funding_delay_s),
    ]


def _candle_gaps() -> Check:
    return Check(
        name="gaps",
        table="candles",
        sql=(
            "with spaced as (select *, lag(event_at) over (partition by coin, source, "
            "interval order by open_at) as before_at from candles), "
            "holes as (select *, epoch(open_at - before_at) / interval_s as n "
            "from spaced where open_at > before_at) "
            f"select coin, source, '{WARN}', min(before_at), max(open_at), "
            "cast(round(sum(n)) as bigint) || ' candles of ' || interval "
            "|| ' are missing in ' || count(*) || ' holes, the longest ' "
            "|| cast(round(max(n)) as bigint) || ' from ' "
            "|| strftime(max_by(before_at, n), '%Y-%m-%d %H:%M') "
            "from holes group by coin, source, interval"
        ),
        remedy="ingest the missing range; until then its bars have no price",
    )


def _candle_grid() -> Check:
    return Check(
        name="grid",
        table="candles",
        sql=where(
            "candles",
            "(interval_s <= 86400 "
            "and epoch_us(open_at) % (interval_s * 1000000) <> 0) "
            "or epoch_us(event_at) <> epoch_us(open_at) + interval_s * 1000000",
            FAIL,
            "candles that do not open on a multiple of their interval or do not close "
            "one interval later",
        ),
        remedy="check the time unit and zone of the file and ingest it again",
    )


def _funding_gaps() -> Check:
    # A row says how many hours it charges for, so a hole is a longer distance to the
    # row before. This holds before and after the venue went from 8 hours to one.
    return Check(
        name="gaps",
        table="funding_rates",
        sql=(
            "with spaced as (select *, lag(event_at) over (partition by coin, source "
            "order by event_at) as before_at from funding_rates), "
            "holes as (select *, cast(round(epoch(event_at - before_at) "
            "/ 3600 / interval_hours) as bigint) - 1 as n from spaced "
            "where interval_hours > 0) "
            f"select coin, source, '{WARN}', min(before_at), max(event_at), "
            "sum(n) || ' due settlements are missing, the first after ' "
            "|| strftime(min(before_at), '%Y-%m-%d %H:%M') "
            "from holes where n > 0 group by coin, source"
        ),
        remedy="ingest funding for the range; a missing hour stays unknown, never 0",
    )


def _funding_jitter(tolerance_s: int) -> Check:
    late = "(epoch_us(event_at) + 1800000000) % 3600000000 - 1800000000"
    return Check(
        name="on_the_hour",
        table="funding_rates",
        sql=where(
            "funding_rates",
            f"abs({late}) > {tolerance_s} * 1000000",
            WARN,
            f"settlements lie more than {tolerance_s} s off the full hour",
        ),
        remedy="check the time zone and unit of the file; funding settles on the hour",
    )
