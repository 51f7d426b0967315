-- Size that rests within a band of the mid price: cumulative bands, not a book. The
-- venue's own rows disagree with its mark price at times; nothing is repaired here.
-- depends_on: {{ source('raw', 'depth_bands') }}
with source as (

    {{ source_rows('raw/depth_bands/**/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'band_pct', 'type': 'decimal(18, 12)'},
        {'name': 'depth', 'type': 'decimal(18, 8)'},
        {'name': 'notional_usd', 'type': 'decimal(18, 8)'},
    ])) }}

)

select
    coin,
    source,
    origin,
    ingest_id,

    band_pct,
    depth as depth_base,
    notional_usd,

    event_at,
    available_at,
from source
qualify
    row_number() over (
        partition by coin, source, event_at, band_pct
        order by available_at, ingest_id
    ) = 1
