-- Candles of every source (venue, files, simulator): one raw table, one model. A key
-- seen twice keeps the row that was available first, as a live reader had it.
-- depends_on: {{ source('raw', 'candles') }}
with source as (

    {{ source_rows('raw/candles/**/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'interval', 'type': 'varchar'},
        {'name': 'interval_s', 'type': 'integer'},
        {'name': 'open_at', 'type': 'timestamp'},
        {'name': 'open', 'type': 'decimal(18, 8)'},
        {'name': 'high', 'type': 'decimal(18, 8)'},
        {'name': 'low', 'type': 'decimal(18, 8)'},
        {'name': 'close', 'type': 'decimal(18, 8)'},
        {'name': 'volume', 'type': 'decimal(18, 8)'},
        {'name': 'trade_count', 'type': 'bigint'},
    ])) }}

)

select
    coin,
    source,
    interval as candle_interval,
    origin,
    ingest_id,

    interval_s,
    open,
    high,
    low,
    close,
    volume,
    trade_count as count_trades,

    open_at as opened_at,
    event_at,
    available_at,
from source
qualify
    row_number() over (
        partition by coin, source, interval_s, open_at
        order by available_at, ingest_id
    ) = 1
