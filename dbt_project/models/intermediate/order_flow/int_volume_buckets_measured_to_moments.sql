-- VPIN over buckets of equal notional; a trade that crosses an edge is split. Unlike
-- Easley, Lopez de Prado, O'Hara (2012): the true aggressor, not one guessed from price
-- changes; notional, not contracts; buckets of a size that the days before set, not the
-- whole sample, and that start anew each UTC day; the last ones weighted by their size.
-- Sums are whole numbers of 1e-16 USD, so no order of rows moves a bit.
{{ config(materialized='view') }}
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
    from {{ ref('stg_hyperliquid__trades') }}
    where
        aggressor_sign is not null
        and available_at <= {{ decided_at(bar_closed_at('event_at')) }}

),

sizes as (

    select
        coin,
        source,
        bucket_units,
        is_trailing,
        day_opened_at,
    from {{ ref('int_volume_bucket_sizes_measured_to_days') }}

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
        trades_cumulated.coin,
        trades_cumulated.source,
        trades_cumulated.aggressor_sign,
        trades_cumulated.notional_after - trades_cumulated.notional as notional_before,
        trades_cumulated.notional_after,
        sizes.bucket_units,
        {{ numbers_between(
            whole_quotient(
                'trades_cumulated.notional_after - trades_cumulated.notional',
                'sizes.bucket_units'
            ),
            whole_quotient('trades_cumulated.notional_after - 1', 'sizes.bucket_units')
        ) }} as bucket_number,
        sizes.is_trailing,
        trades_cumulated.day_opened_at,
        trades_cumulated.event_at,
    from trades_cumulated
    inner join sizes
        on
            trades_cumulated.coin = sizes.coin
            and trades_cumulated.source = sizes.source
            and trades_cumulated.day_opened_at = sizes.day_opened_at

),

parts_measured as (

    select
        coin,
        source,
        bucket_number,
        aggressor_sign,
        bucket_units,
        least(notional_after, (bucket_number + 1) * bucket_units)
        - greatest(notional_before, bucket_number * bucket_units) as notional,
        is_trailing,
        day_opened_at,
        event_at,
    from trades_split

),

buckets_filled as (

    select
        coin,
        source,
        bucket_number,
        bucket_units,
        abs(sum(aggressor_sign * notional)) as imbalance,
        is_trailing,
        day_opened_at,
        max(event_at) as filled_at,
    from parts_measured
    group by coin, source, day_opened_at, bucket_number, bucket_units, is_trailing
    having sum(notional) = bucket_units

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
                    / cast(sum(bucket_units) over buckets as double)
        end as vpin,
        count(*) filter (where not is_trailing) over buckets = 0 as is_size_trailing,
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

    {{ last_by('is_size_trailing', 'bucket_number') }} as is_size_trailing,

    filled_at as event_at,
    {{ last_by('first_filled_at', 'bucket_number') }} as first_filled_at,
from buckets_averaged
group by coin, source, filled_at
