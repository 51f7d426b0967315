"""Checks of one step against the steps around it: outliers, units, repetition."""

from __future__ import annotations

import math

from solalpha.config import Parameters
from solalpha.warehouse.quality_report import FAIL, WARN
from solalpha.warehouse.quality_rows import Check
from solalpha.warehouse.quality_steps import MINUTES, PRICES

_SERIES = "coin, source, interval"
_OVER = f"(partition by {_SERIES} order by opened_at)"
_AT = "'%Y-%m-%d %H:%M'"
# Table to what its amounts are called and the check of their unit.
_AMOUNTS = {
    "candles": ("volume_unit", "volume"),
    "trades": ("size_unit", "mean trade size"),
    "book_snapshots": ("size_unit", "mean size of the best quotes"),
}
# Less than 1, so that rounding passes no change over.
_NARROWER = 0.99
_SPIKY = ("candles", "trades", "book_snapshots")
_PRICED = (*_SPIKY, "asset_contexts")
_REPEATING = {"book_snapshots": "best quotes", "asset_contexts": "prices"}


def checks(parameters: Parameters) -> list[Check]:
    """Return the checks of steps, whatever tables hold rows."""
    return [
        _zero_volume(parameters.quality_zero_volume_bars),
        _frozen(parameters.quality_frozen_bars),
        *(_outliers(table, parameters) for table in _SPIKY),
        *(_price_unit(table, parameters.quality_price_ratio) for table in _PRICED),
        *(_amount_unit(table, parameters) for table in _AMOUNTS),
        _open_interest_unit(parameters.quality_price_ratio),
        *(_stale(table, parameters.quality_stale_s) for table in _REPEATING),
        _off_book(parameters.quality_book_distance),
    ]


def _steps(table: str) -> str:
    return f"(select * from {PRICES} where table_name = '{table}')"


def _zero_volume(run_bars: int) -> Check:
    return Check(
        name="zero_volume",
        table="candles",
        sql=(
            f"with marked as (select *, row_number() over {_OVER} - row_number() over ("
            f"partition by {_SERIES}, amount = 0 order by opened_at) as run "
            f"from {_steps('candles')}), "
            f"runs as (select {_SERIES}, count(*) as n, min(opened_at) as first_at, "
            "max(closed_at) as last_at from marked where amount = 0 "
            f"group by {_SERIES}, run) "
            f"select coin, source, '{WARN}', min(first_at), max(last_at), "
            "sum(n) || ' candles of ' || interval || ' without volume, ' "
            f"|| count(*) filter (where n >= {run_bars}) || ' runs of {run_bars} or "
            "more, the longest ' || max(n) || ' from ' "
            f"|| strftime(max_by(first_at, n), {_AT}) "
            f"from runs group by {_SERIES}"
        ),
        remedy="expected before a listing and in stalls of the venue; such bars have "
        "no trades to learn from",
    )


def _frozen(run_bars: int) -> Check:
    # Without volume a price has no cause to move; with it, it does.
    same = " and ".join(
        f"{name} is not distinct from lag({name}) over {_OVER}"
        for name in ("opening", "high", "low", "closing")
    )
    return Check(
        name="frozen",
        table="candles",
        sql=(
            f"with marked as (select *, {same} as is_same from {_steps('candles')} "
            "where amount > 0), "
            "numbered as (select *, sum(case when is_same then 0 else 1 end) "
            f"over {_OVER} as run from marked), "
            f"runs as (select {_SERIES}, count(*) as n, min(opened_at) as first_at, "
            f"max(closed_at) as last_at from numbered group by {_SERIES}, run "
            f"having count(*) >= {run_bars}) "
            f"select coin, source, '{WARN}', min(first_at), max(last_at), "
            "sum(n) || ' traded candles of ' || interval || ' repeat the prices before "
            "them, the longest run ' || max(n) || ' from ' "
            f"|| strftime(max_by(first_at, n), {_AT}) from runs group by {_SERIES}"
        ),
        remedy="ingest the stretch again: a feed that hangs repeats its last prices",
    )


def _outliers(table: str, parameters: Parameters) -> Check:
    # A bad print leaves the prices on both sides of it. 1.4826 times the median of
    # absolute returns is the deviation of a normal one. A series without a large enough
    # move needs no scale.
    window = parameters.realised_long_bars
    recent = f"rows between {window} preceding and 1 preceding"
    ordered = f"partition by {_SERIES} order by opened_at"
    return Check(
        name="outliers",
        table=table,
        sql=(
            "with neighbours as (select *, "
            f"lag(closing) over {_OVER} as before, lead(closing) over {_OVER} as after "
            f"from {_steps(table)} where low > 0 and high > 0 and closing > 0), "
            "moved as (select *, abs(ln(closing / before)) as move, "
            "greatest(ln(high / greatest(before, coalesce(after, before))), "
            "ln(least(before, coalesce(after, before)) / low)) as spike "
            "from neighbours where before > 0), "
            f"wild as (select distinct {_SERIES} from moved "
            f"where spike > {parameters.quality_spike_move}), "
            f"scaled as (select *, 1.4826 * median(move) over ({ordered} {recent}) "
            f"as scale, count(move) over ({ordered} {recent}) as known from moved "
            f"semi join wild on {_same('moved', 'wild')}) "
            f"select coin, source, '{WARN}', min(opened_at), max(closed_at), "
            "count(*) || ' prices of one ' || interval || ' leave those before and "
            f"after by more than {parameters.quality_spike_sigmas:g} robust deviations "
            f"and {100 * parameters.quality_spike_move:g} %, the largest by ' "
            "|| round(100 * (exp(max(spike)) - 1), 1) || ' % at ' "
            f"|| strftime(max_by(opened_at, spike), {_AT}) "
            f"from scaled where known >= {window} "
            f"and spike > {parameters.quality_spike_sigmas} * scale "
            f"and spike > {parameters.quality_spike_move} group by {_SERIES}"
        ),
        remedy="check the largest against another venue; a real crash stays",
    )


def _price_unit(table: str, ratio: float) -> Check:
    return Check(
        name="unit",
        table=table,
        sql=(
            f"with steps as (select *, lag(closing) over {_OVER} as before "
            f"from {_steps(table)} where low > 0 and closing > 0), "
            "moved as (select *, greatest(high / low, high / before, before / low) "
            "as step from steps) "
            f"select coin, source, '{FAIL}', min(opened_at), max(closed_at), "
            "count(*) || ' steps of one ' || interval || ' change the price "
            f"{ratio:g} times or more, the largest ' || round(max(step)) || ' times at "
            f"' || strftime(max_by(opened_at, step), {_AT}) "
            f"from moved where step >= {ratio} group by {_SERIES}"
        ),
        remedy="the prices between such steps are in another unit; ingest them again "
        "with the right one",
    )


def _amount_unit(table: str, parameters: Parameters) -> Check:
    name, told = _AMOUNTS[table]
    window, ahead = parameters.realised_long_bars, parameters.realised_short_bars
    ordered = f"partition by {_SERIES} order by opened_at"
    after = f"over ({ordered} rows between current row and {ahead - 1} following)"
    before = f"over ({ordered} rows between {window} preceding and 1 preceding)"
    return Check(
        name=name,
        table=table,
        sql=(
            f"with {_changing(table, parameters)}, "
            f"typical as (select *, median(amount) {after} as now_typical, "
            f"median(amount) {before} as then_typical, count(*) {after} as count_now, "
            f"count(*) {before} as count_then from changing), "
            "moved as (select *, greatest(now_typical / then_typical, "
            "then_typical / now_typical) as step from typical "
            f"where can_change and count_now = {ahead} and count_then = {window}) "
            f"select coin, source, '{WARN}', min(opened_at), max(closed_at), "
            f"'the typical {told} per ' || interval || ' changes up to ' "
            "|| round(max(step)) || ' times at ' "
            f"|| strftime(max_by(opened_at, step), {_AT}) from moved "
            f"where step >= {parameters.quality_size_ratio} group by {_SERIES}"
        ),
        remedy="check that both sides of the step are in base units; ingest again",
    )


def _changing(table: str, parameters: Parameters) -> str:
    # The steps that a change of the typical amount can be told from. Of two medians a
    # ratio apart each has half its window on its own side, and thereby enough rows of
    # one of the blocks that the window cuts: so many least and greatest rows of blocks
    # nearby are as far apart.
    window, ahead = parameters.realised_long_bars, parameters.realised_short_bars
    reach = math.ceil(window / ahead)
    enough = math.ceil(min(window / 2 / (reach + 1), ahead / 4))
    share = (enough - 0.5) / ahead
    by_block = f"partition by {_SERIES} order by block rows between"
    return (
        f"steps as (select *, row_number() over {_OVER} // {ahead} as block "
        f"from {_steps(table)} where amount > 0), "
        f"blocks as (select {_SERIES}, block, quantile_disc(amount, {share}) as low, "
        f"-quantile_disc(-amount, {share}) as high from steps "
        f"group by {_SERIES}, block), "
        f"marked as (select *, max(high) over near / min(low) over near >= "
        f"{_NARROWER * parameters.quality_size_ratio} as can_change from blocks "
        f"window near as ({by_block} {reach} preceding and 1 following)), "
        "wanted as (select *, max(can_change) over "
        f"({by_block} 1 preceding and {reach} following) as is_near from marked), "
        "changing as (select steps.*, can_change from steps join wanted on "
        f"{_same('steps', 'wanted')} and steps.block = wanted.block where is_near)"
    )


def _same(one: str, other: str) -> str:
    names = _SERIES.split(", ")
    return " and ".join(
        f"{one}.{name} is not distinct from {other}.{name}" for name in names
    )


def _open_interest_unit(ratio: float) -> Check:
    return Check(
        name="open_interest_unit",
        table="asset_contexts",
        sql=(
            f"with steps as (select *, lag(amount) over {_OVER} as before "
            f"from {_steps('asset_contexts')} where amount > 0), "
            "moved as (select *, greatest(amount / before, before / amount) as step "
            "from steps) "
            f"select coin, source, '{WARN}', min(opened_at), max(closed_at), "
            f"count(*) || ' steps change the open interest {ratio:g} times or more, "
            "the largest ' || round(max(step)) || ' times at ' "
            f"|| strftime(max_by(opened_at, step), {_AT}) "
            f"from moved where step >= {ratio} group by coin, source"
        ),
        remedy="check that both sides of the step are in base units; ingest again",
    )


def _stale(table: str, seconds: int) -> Check:
    over = "(partition by coin, source order by minute_at)"
    return Check(
        name="stale",
        table=table,
        sql=(
            "with marked as (select *, what_repeats is not null and what_repeats "
            f"is not distinct from lag(what_repeats) over {over} as is_same "
            f"from {MINUTES} where table_name = '{table}'), "
            "numbered as (select *, sum(case when is_same then 0 else 1 end) "
            f"over {over} as run from marked), "
            "runs as (select coin, source, sum(count_rows) as n, "
            "min(first_at) as first_at, max(last_at) as last_at "
            "from numbered group by coin, source, run having count(*) > 2 "
            f"and epoch(max(last_at) - min(first_at)) >= {seconds}) "
            f"select coin, source, '{WARN}', min(first_at), max(last_at), "
            f"sum(n) || ' rows repeat their {_REPEATING[table]} in ' || count(*) || ' "
            f"stretches of {seconds} s or more, the longest ' "
            "|| cast(max(epoch(last_at - first_at)) as bigint) || ' s from ' "
            f"|| strftime(max_by(first_at, last_at - first_at), {_AT}) "
            "from runs group by coin, source"
        ),
        remedy="record the stretch from another source: the feed hung",
    )


def _off_book(distance: float) -> Check:
    # The quotes of a minute count for the minutes beside it too.
    near = (
        "select coin, minute_at + to_minutes(step) as minute_at, "
        "max(highest_ask) as highest_ask, min(lowest_bid) as lowest_bid "
        "from book_snapshots_minutes cross join range(-1, 2) as beside(step) "
        "group by all"
    )
    return Check(
        name="book",
        table="trades",
        sql=(
            f"with books as ({near}), "
            "measured as (select trades.*, greatest(high / highest_ask, "
            "lowest_bid / low) - 1 as distance from trades_minutes as trades "
            "join books using (coin, minute_at) "
            "where low > 0 and lowest_bid > 0 and highest_ask > 0) "
            f"select coin, source, '{WARN}', min(first_at), max(last_at), "
            f"count(*) || ' minutes have trades more than {100 * distance:g} % outside "
            "the quotes around them, the farthest ' || round(100 * max(distance), 1) "
            f"|| ' % at ' || strftime(max_by(first_at, distance), {_AT}) "
            f"from measured where distance > {distance} group by coin, source"
        ),
        remedy="compare trades and books with their source: one of them has wrong "
        "prices or times",
    )
