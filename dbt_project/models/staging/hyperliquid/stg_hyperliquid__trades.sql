-- Trades of every source. The lake stores a key once, so nothing is deduplicated here:
-- a window over raw trades would cost more than all that follows.
-- depends_on: {{ source('raw', 'trades') }}
with source as (

    {{ source_rows('raw/trades/**/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'trade_id', 'type': 'bigint'},
        {'name': 'sequence', 'type': 'bigint'},
        {'name': 'aggressor_side', 'type': 'varchar'},
        {'name': 'price', 'type': 'decimal(18, 8)'},
        {'name': 'size', 'type': 'decimal(18, 8)'},
    ]), with_folder=true) }}

)

select
    coin,
    source,
    trade_id,
    aggressor_side,
    origin,
    ingest_id,
    lake_folder,

    sequence,
    price,
    size as size_base,
    case aggressor_side when 'buy' then 1 when 'sell' then -1 end as aggressor_sign,

    event_at,
    available_at,
from source
