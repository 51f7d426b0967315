"""Checks of settled funding rates against what rates are: a fraction, not percent."""

from __future__ import annotations

from solalpha.config import Parameters
from solalpha.warehouse.quality_report import FAIL, WARN
from solalpha.warehouse.quality_rows import Check

_AT = "'%Y-%m-%d %H:%M'"


def checks(parameters: Parameters) -> list[Check]:
    """Return the checks of rates."""
    return [
        _unit(parameters.quality_funding_hourly),
        _outliers(parameters),
        _off_the_hour(parameters.funding_delay_s),
    ]


def _unit(hourly: float) -> Check:
    return Check(
        name="unit",
        table="funding_rates",
        sql=(
            "with days as (select coin, source, date_trunc('day', event_at) as day_at, "
            "max(event_at) as last_at, median(abs(funding_rate) / interval_hours) as "
            "typical from funding_plausible where interval_hours > 0 group by all) "
            f"select coin, source, '{FAIL}', min(day_at), max(last_at), count(*) "
            f"|| ' days have a typical rate above {100 * hourly:g} % an hour, up to ' "
            "|| round(100 * max(typical), 4) || ' %' "
            f"from days where typical > {hourly} group by coin, source"
        ),
        remedy="rates are fractions of notional; percent must be divided by 100 first",
    )


def _outliers(parameters: Parameters) -> Check:
    window, sigmas = parameters.funding_zscore_hours, parameters.quality_spike_sigmas
    over = "(partition by coin, source order by event_at"
    return Check(
        name="outliers",
        table="funding_rates",
        sql=(
            f"with neighbours as (select *, lag(funding_rate) over {over}) as before, "
            f"lead(funding_rate) over {over}) as after, "
            f"1.4826 * median(abs(funding_rate)) over {over} rows between {window} "
            f"preceding and 1 preceding) as scale, count(funding_rate) over {over} "
            f"rows between {window} preceding and 1 preceding) as known "
            "from funding_plausible), "
            "moved as (select *, least(abs(funding_rate - before), "
            "abs(funding_rate - coalesce(after, before))) as spike from neighbours) "
            f"select coin, source, '{WARN}', min(event_at), max(event_at), count(*) "
            f"|| ' rates leave those before and after by more than {sigmas:g} robust "
            "deviations, the largest ' || round(100 * max_by(funding_rate, spike), 4) "
            f"|| ' % at ' || strftime(max_by(event_at, spike), {_AT}) "
            f"from moved where known >= {window} and scale > 0 "
            f"and spike > {sigmas} * scale group by coin, source"
        ),
        remedy="check the rate against the venue's own history",
    )


def _off_the_hour(tolerance_s: int) -> Check:
    # One settlement comes late when the venue stalls; a wrong zone or unit moves all.
    off_s = "abs((epoch(event_at) + 1800) % 3600 - 1800)"
    return Check(
        name="on_the_hour",
        table="funding_rates",
        sql=(
            "with days as (select coin, source, min(event_at) as first_at, "
            f"max(event_at) as last_at, median({off_s}) as typical_s, "
            f"count(*) filter (where {off_s} > {tolerance_s}) as n "
            "from funding_plausible "
            "group by coin, source, date_trunc('day', event_at)) "
            f"select coin, source, '{WARN}', min(first_at), max(last_at), "
            f"sum(n) || ' settlements lie more than {tolerance_s} s off the full hour "
            "in ' || count(*) || ' days where most do' "
            f"from days where typical_s > {tolerance_s} group by coin, source"
        ),
        remedy="check the time zone and unit of the file; funding settles on the hour",
    )
