-- Readings of the venue's context of a perpetual: mark, oracle, premium, open interest.
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
    ])) }}

)

select
    coin,
    source,
    origin,
    ingest_id,

    mark_price,
    oracle_price,
    mid_price,
    impact_bid_price,
    impact_ask_price,
    open_interest as open_interest_base,
    day_volume_usd,
    premium,
    funding_rate as estimated_funding_rate,

    event_at,
    available_at,
from source
qualify
    row_number() over (
        partition by coin, source, event_at
        order by available_at, ingest_id
    ) = 1
