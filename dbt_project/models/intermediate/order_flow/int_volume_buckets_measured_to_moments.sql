-- VPIN (Easley, Lopez de Prado, O'Hara 2012) over buckets of equal notional, with the
-- true aggressor. Buckets start anew each UTC day; a trade that crosses an edge is
-- split. Sums are whole numbers of 1e-16 USD, so no order of rows moves a bit.
{{ config(materialized='view') }}
{%- set bucket_units = usd_in_notional_units(var('vpin_bucket_usd')) %}
with trades as (

    select
        coin,
        source,
        trade_id,
        sequence,
        aggressor_sign,
        {{ notional_units('price', 'size_base') }} as notional,
        {{ day_opened_at('event_at') }} as day_opened_at,
        event_at,
    from {{ ref('int_trades_matched_to_quotes') }}

),

trades_cumulated as (

    select
        coin,
        source,
        aggressor_sign,
        notional,
        sum(notional) over (
            partition by coin, source, day_opened_at
            order by event_at, sequence, trade_id
            rows between unbounded preceding and current row
        ) as notional_after,
        day_opened_at,
        event_at,
    from trades
    where notional > 0

),

trades_split as (

    select
        coin,
        source,
        aggressor_sign,
        notional_after - notional as notional_before,
        notional_after,
        {{ numbers_between(
            whole_quotient('notional_after - notional', bucket_units),
            whole_quotient('notional_after - 1', bucket_units)
        ) }} as bucket_number,
        day_opened_at,
        event_at,
    from trades_cumulated

),

parts_measured as (

    select
        coin,
        source,
        bucket_number,
        aggressor_sign,
        least(notional_after, (bucket_number + 1) * {{ bucket_units }})
        - greatest(notional_before, bucket_number * {{ bucket_units }}) as notional,
        day_opened_at,
        event_at,
    from trades_split

),

buckets_filled as (

    select
        coin,
        source,
        bucket_number,
        abs(sum(aggressor_sign * notional)) as imbalance,
        day_opened_at,
        max(event_at) as filled_at,
    from parts_measured
    group by coin, source, day_opened_at, bucket_number
    having sum(notional) = {{ bucket_units }}

),

buckets_averaged as (

    select
        coin,
        source,
        bucket_number,
        case
            when count(*) over buckets = {{ var('vpin_buckets') }}
                then
                    cast(sum(imbalance) over buckets as double)
                    / cast({{ var('vpin_buckets') }} * {{ bucket_units }} as double)
        end as vpin,
        filled_at,
        min(filled_at) over buckets as first_filled_at,
    from buckets_filled
    window buckets as (
        partition by coin, source
        order by day_opened_at, bucket_number
        rows between {{ rows_before(var('vpin_buckets')) }} preceding and current row
    )

)

select
    coin,
    source,

    {{ last_by('vpin', 'bucket_number') }} as vpin,

    filled_at as event_at,
    {{ last_by('first_filled_at', 'bucket_number') }} as first_filled_at,
from buckets_averaged
group by coin, source, filled_at
