-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/fills/*.parquet', [
        {'name': 'fill_id', 'type': 'varchar'},
        {'name': 'order_id', 'type': 'varchar'},
        {'name': 'venue', 'type': 'varchar'},
        {'name': 'account', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'side', 'type': 'varchar'},
        {'name': 'size_base', 'type': 'double'},
        {'name': 'price', 'type': 'double'},
        {'name': 'fee_usd', 'type': 'double'},
        {'name': 'mid_at_decision', 'type': 'double'},
        {'name': 'is_taker', 'type': 'boolean'},
        {'name': 'filled_at', 'type': 'timestamp'},
    ]) }}

)

select
    fill_id,

    order_id,
    venue,
    account,
    coin,
    side,

    size_base,
    price,
    fee_usd,
    mid_at_decision,

    is_taker,

    filled_at,
from source
