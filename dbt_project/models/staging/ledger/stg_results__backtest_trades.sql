-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/backtest_trades/*.parquet', [
        {'name': 'run_id', 'type': 'varchar'},
        {'name': 'trade_id', 'type': 'bigint'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'side', 'type': 'varchar'},
        {'name': 'reason', 'type': 'varchar'},
        {'name': 'size_base', 'type': 'double'},
        {'name': 'price', 'type': 'double'},
        {'name': 'mid_at_decision', 'type': 'double'},
        {'name': 'notional_usd', 'type': 'double'},
        {'name': 'fee_usd', 'type': 'double'},
        {'name': 'slippage_usd', 'type': 'double'},
        {'name': 'realised_usd', 'type': 'double'},
        {'name': 'position_after_base', 'type': 'double'},
        {'name': 'decided_at', 'type': 'timestamp'},
        {'name': 'filled_at', 'type': 'timestamp'},
    ]) }}

)

select
    run_id,
    trade_id,

    coin,
    side,
    reason,

    size_base,
    price,
    mid_at_decision,
    notional_usd,
    fee_usd,
    slippage_usd,
    realised_usd,
    position_after_base,

    decided_at,
    filled_at,
from source
