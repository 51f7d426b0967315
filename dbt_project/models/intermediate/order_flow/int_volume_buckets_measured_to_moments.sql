-- VPIN over buckets of equal notional. Unlike Easley, Lopez de Prado, O'Hara (2012):
-- the true aggressor, not one guessed from price changes; notional, not contracts;
-- buckets of a size that the days before set, not the whole sample, and that start anew
-- each UTC day; the last ones weighted by their size.
{{ config(materialized='view') }}
with buckets_filled as (

    select
        coin,
        source,
        bucket_number,
        bucket_units,
        imbalance,
        is_trailing,
        day_opened_at,
        filled_at,
    from {{ ref('int_trades_split_to_volume_buckets') }}

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
