-- Settled funding of every source. The settlement's own time is kept: it has up to
-- half a second of jitter, and once (2023-05-23) came 24 minutes late.
-- depends_on: {{ source('raw', 'funding_rates') }}
with source as (

    {{ source_rows('raw/funding_rates/**/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'funding_rate', 'type': 'decimal(18, 12)'},
        {'name': 'premium', 'type': 'decimal(18, 12)'},
        {'name': 'interval_hours', 'type': 'integer'},
    ])) }}

)

select
    coin,
    source,
    origin,
    ingest_id,

    funding_rate,
    premium,
    interval_hours,

    event_at,
    available_at,
from source
qualify
    row_number() over (
        partition by coin, source, event_at
        order by available_at, ingest_id
    ) = 1
