-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/equity/*.parquet', [
        {'name': 'venue', 'type': 'varchar'},
        {'name': 'account', 'type': 'varchar'},
        {'name': 'marked_at', 'type': 'timestamp'},
        {'name': 'risk_state', 'type': 'varchar'},
        {'name': 'equity_usd', 'type': 'double'},
        {'name': 'cash_usd', 'type': 'double'},
        {'name': 'position_base', 'type': 'double'},
        {'name': 'mark_price', 'type': 'double'},
        {'name': 'unrealised_usd', 'type': 'double'},
        {'name': 'funding_paid_usd', 'type': 'double'},
        {'name': 'peak_equity_usd', 'type': 'double'},
    ]) }}

)

select
    venue,
    account,
    marked_at,

    risk_state,

    equity_usd,
    cash_usd,
    position_base,
    mark_price,
    unrealised_usd,
    funding_paid_usd,
    peak_equity_usd,
from source
