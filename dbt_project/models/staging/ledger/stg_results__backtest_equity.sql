-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/backtest_equity/*.parquet', [
        {'name': 'run_id', 'type': 'varchar'},
        {'name': 'bar_closed_at', 'type': 'timestamp'},
        {'name': 'equity_usd', 'type': 'double'},
        {'name': 'buy_and_hold_usd', 'type': 'double'},
        {'name': 'volatility_hold_usd', 'type': 'double'},
        {'name': 'cash_usd', 'type': 'double'},
        {'name': 'account_cash_usd', 'type': 'double'},
        {'name': 'position_base', 'type': 'double'},
        {'name': 'price', 'type': 'double'},
        {'name': 'drawdown', 'type': 'double'},
        {'name': 'fees_usd', 'type': 'double'},
        {'name': 'slippage_usd', 'type': 'double'},
        {'name': 'funding_usd', 'type': 'double'},
        {'name': 'is_halted', 'type': 'boolean'},
    ]) }}

)

select
    run_id,
    bar_closed_at,

    equity_usd,
    buy_and_hold_usd,
    volatility_hold_usd,
    cash_usd,
    account_cash_usd,
    position_base,
    price,
    drawdown,
    fees_usd,
    slippage_usd,
    funding_usd,

    is_halted,
from source
