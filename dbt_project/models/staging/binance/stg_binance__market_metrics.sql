-- Positioning of the other venue's traders. A value covers five minutes and is an
-- event at their end, so that nothing looks ahead.
-- depends_on: {{ source('raw', 'market_metrics') }}
with source as (

    {{ source_rows('raw/market_metrics/**/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'open_interest', 'type': 'decimal(18, 8)'},
        {'name': 'open_interest_usd', 'type': 'decimal(18, 8)'},
        {'name': 'top_account_ratio', 'type': 'decimal(18, 12)'},
        {'name': 'top_position_ratio', 'type': 'decimal(18, 12)'},
        {'name': 'account_ratio', 'type': 'decimal(18, 12)'},
        {'name': 'taker_volume_ratio', 'type': 'decimal(18, 12)'},
    ])) }}

)

select
    coin,
    source,
    origin,
    ingest_id,

    open_interest as open_interest_base,
    open_interest_usd,
    top_account_ratio,
    top_position_ratio,
    account_ratio,
    taker_volume_ratio,

    event_at,
    available_at,
from source
qualify
    row_number() over (
        partition by coin, source, event_at
        order by available_at, ingest_id
    ) = 1
