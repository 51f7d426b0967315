-- Full volume buckets, of equal notional; a trade that crosses an edge is split, and
-- buckets start anew each UTC day. Sums are whole numbers of 1e-16 USD, so no order of
-- rows moves a bit. Day by day: only days whose files, code or parameters changed are
-- read again, or those of the days before, whose volume makes the buckets' size. Of a
-- trade that fills more buckets than VPIN averages only the last are made: no average
-- reads the others, and one absurd trade would make millions.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'day'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_superseded_folders(ref('stg_hyperliquid__trades')) }}",
) }}
{%- set changed = changed_folders([
    (ref('stg_hyperliquid__trades'), var('vpin_size_days')),
]) %}
with days_changed as (
    {{ changed_day_rows(changed['days']) }}

),

trades as (

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
        and {{ is_in_changed_folders(changed) }}
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

trades_placed as (

    select
        trades_cumulated.coin,
        trades_cumulated.source,
        trades_cumulated.aggressor_sign,
        trades_cumulated.notional_after - trades_cumulated.notional as notional_before,
        trades_cumulated.notional_after,
        sizes.bucket_units,
        {{ whole_quotient(
            'trades_cumulated.notional_after - trades_cumulated.notional',
            'sizes.bucket_units'
        ) }} as first_bucket,
        {{ whole_quotient(
            'trades_cumulated.notional_after - 1', 'sizes.bucket_units'
        ) }} as last_bucket,
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

trades_split as (

    select
        coin,
        source,
        aggressor_sign,
        notional_before,
        notional_after,
        bucket_units,
        {{ numbers_between(
            'greatest(first_bucket, last_bucket - ' ~ var('vpin_buckets') ~ ')',
            'last_bucket'
        ) }} as bucket_number,
        is_trailing,
        day_opened_at,
        event_at,
    from trades_placed

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
        {{ name_of_day('day_opened_at') }} as day,
        day_opened_at,
        max(event_at) as filled_at,
    from parts_measured
    group by coin, source, day_opened_at, bucket_number, bucket_units, is_trailing
    having sum(notional) = bucket_units

)

select
    buckets_filled.coin,
    buckets_filled.source,
    buckets_filled.bucket_number,

    buckets_filled.day,
    {{ fingerprint_of_day(changed) }} as fingerprint,

    buckets_filled.bucket_units,
    buckets_filled.imbalance,
    buckets_filled.is_trailing,

    buckets_filled.day_opened_at,
    buckets_filled.filled_at,
from buckets_filled
{{ join_days_changed('buckets_filled', changed) }}
