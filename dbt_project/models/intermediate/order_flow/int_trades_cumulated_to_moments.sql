-- Running sums of trades, exact decimals and whole numbers, at each moment that has
-- one: what happened between two moments is a difference of two rows.
{{ config(materialized='view') }}
with trades as (

    select
        coin,
        source,
        size_base,
        aggressor_sign,
        {{ scaled_integer('effective_spread_bps', effective_spread_digits()) }}
            as effective_spread_units,
        event_at,
    from {{ ref('int_trades_matched_to_quotes') }}

),

trades_summed as (

    select
        coin,
        source,
        sum(size_base) as volume,
        sum(aggressor_sign * size_base) as signed_volume,
        count(*) as count_trades,
        coalesce(sum(effective_spread_units), 0) as effective_spread_units,
        count(effective_spread_units) as count_matched,
        event_at,
    from trades
    group by coin, source, event_at

)

select
    coin,
    source,

    sum(volume) over so_far as volume_so_far,
    sum(signed_volume) over so_far as signed_volume_so_far,
    sum(signed_volume) over of_day as signed_volume_of_day,
    sum(count_trades) over so_far as count_trades_so_far,
    sum(effective_spread_units) over so_far as effective_spread_units_so_far,
    sum(count_matched) over so_far as count_matched_so_far,

    event_at,
from trades_summed
window
    so_far as (
        partition by coin, source
        order by event_at
        rows between unbounded preceding and current row
    ),
    of_day as (
        partition by coin, source, {{ day_opened_at('event_at') }}
        order by event_at
        rows between unbounded preceding and current row
    )
