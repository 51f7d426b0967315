-- Readings of the venue's context of a perpetual: mark, oracle, premium, open interest.
-- The venue writes some numbers with the noise of a binary float; what the type cannot
-- hold to the last digit is rounded to it here.
-- `estimated_funding_rate` drifts until it settles; it is never what is charged.
-- depends_on: {{ source('raw', 'asset_contexts') }}
with source as (

    {{ source_rows('raw/asset_contexts/**/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'mark_price', 'type': 'decimal(18, 8)'},
        {'name': 'oracle_price', 'type': 'decimal(18, 8)'},
        {'name': 'mid_price', 'type': 'decimal(18, 8)'},
        {'name': 'impact_bid_price', 'type': 'decimal(18, 8)'},
        {'name': 'impact_ask_price', 'type': 'decimal(18, 8)'},
        {'name': 'open_interest', 'type': 'decimal(18, 8)'},
        {'name': 'day_volume_usd', 'type': 'decimal(18, 8)'},
        {'name': 'premium', 'type': 'decimal(18, 12)'},
        {'name': 'funding_rate', 'type': 'decimal(18, 12)'},
        {'name': 'unfit_values', 'type': 'varchar'},
    ])) }}

)

select
    coin,
    source,
    origin,
    ingest_id,

    {{ fitted('mark_price', 'decimal(18, 8)') }} as mark_price,
    {{ fitted('oracle_price', 'decimal(18, 8)') }} as oracle_price,
    {{ fitted('mid_price', 'decimal(18, 8)') }} as mid_price,
    {{ fitted('impact_bid_price', 'decimal(18, 8)') }} as impact_bid_price,
    {{ fitted('impact_ask_price', 'decimal(18, 8)') }} as impact_ask_price,
    {{ fitted('open_interest', 'decimal(18, 8)') }} as open_interest_base,
    {{ fitted('day_volume_usd', 'decimal(18, 8)') }} as day_volume_usd,
    {{ fitted('premium', 'decimal(18, 12)') }} as premium,
    {{ fitted('funding_rate', 'decimal(18, 12)') }} as estimated_funding_rate,

    event_at,
    available_at,
from source
qualify
    row_number() over (
        partition by coin, source, event_at
        order by available_at, ingest_id
    ) = 1
