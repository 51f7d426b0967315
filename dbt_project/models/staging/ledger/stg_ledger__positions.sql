-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/positions/*.parquet', [
        {'name': 'venue', 'type': 'varchar'},
        {'name': 'account', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'marked_at', 'type': 'timestamp'},
        {'name': 'position_base', 'type': 'double'},
        {'name': 'entry_price', 'type': 'double'},
        {'name': 'mark_price', 'type': 'double'},
        {'name': 'unrealised_usd', 'type': 'double'},
        {'name': 'liquidation_price', 'type': 'double'},
    ]) }}

)

select
    venue,
    account,
    coin,
    marked_at,

    position_base,
    entry_price,
    mark_price,
    unrealised_usd,
    liquidation_price,
from source
