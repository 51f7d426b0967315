-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/risk_events/*.parquet', [
        {'name': 'event_id', 'type': 'varchar'},
        {'name': 'venue', 'type': 'varchar'},
        {'name': 'account', 'type': 'varchar'},
        {'name': 'state_from', 'type': 'varchar'},
        {'name': 'state_to', 'type': 'varchar'},
        {'name': 'code', 'type': 'varchar'},
        {'name': 'detail', 'type': 'varchar'},
        {'name': 'happened_at', 'type': 'timestamp'},
    ]) }}

)

select
    event_id,

    venue,
    account,
    state_from,
    state_to,
    code,
    detail,

    happened_at,
from source
