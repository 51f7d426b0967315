-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/orders/*.parquet', [
        {'name': 'order_id', 'type': 'varchar'},
        {'name': 'decision_id', 'type': 'varchar'},
        {'name': 'venue', 'type': 'varchar'},
        {'name': 'account', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'leg', 'type': 'varchar'},
        {'name': 'side', 'type': 'varchar'},
        {'name': 'kind', 'type': 'varchar'},
        {'name': 'state', 'type': 'varchar'},
        {'name': 'reject_reason', 'type': 'varchar'},
        {'name': 'attempt', 'type': 'integer'},
        {'name': 'size_base', 'type': 'double'},
        {'name': 'limit_price', 'type': 'double'},
        {'name': 'venue_order_id', 'type': 'bigint'},
        {'name': 'is_reduce_only', 'type': 'boolean'},
        {'name': 'bar_closed_at', 'type': 'timestamp'},
        {'name': 'intended_at', 'type': 'timestamp'},
        {'name': 'sent_at', 'type': 'timestamp'},
        {'name': 'updated_at', 'type': 'timestamp'},
    ]) }}

)

select
    order_id,

    decision_id,
    venue,
    account,
    coin,
    leg,
    side,
    kind,
    state,
    reject_reason,

    attempt,
    size_base,
    limit_price,
    venue_order_id,

    is_reduce_only,

    bar_closed_at,
    intended_at,
    sent_at,
    updated_at,
from source
