-- Fills of a run, each at the first price after the decision plus latency.
with stg_results__backtest_trades as (

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
    from {{ ref('stg_results__backtest_trades') }}

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
from stg_results__backtest_trades
