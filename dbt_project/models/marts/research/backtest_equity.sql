-- Marked equity of a run beside its benchmarks; costs are cumulative.
with stg_results__backtest_equity as (

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
    from {{ ref('stg_results__backtest_equity') }}

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
from stg_results__backtest_equity
