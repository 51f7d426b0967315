-- Results of backtests net of fees, slippage and funding, with their verdict against
-- doing less: buy and hold, volatility-targeted hold, and cash.
with stg_results__backtest_runs as (

    select
        run_id,

        policy,
        model_id,
        coin,
        funding_status,
        verdict,
        verdict_reason,
        parameters_fingerprint,
        build_id,

        bars,
        start_usd,
        end_usd,
        total_return,
        buy_and_hold_return,
        cagr,
        sharpe,
        max_drawdown,
        trades,
        fees_usd,
        slippage_usd,
        funding_usd,
        halted_share,
        return_without_limit,
        exposure_mean,
        turnover,
        psr,
        dsr,

        started_at,
        ended_at,
        created_at,
    from {{ ref('stg_results__backtest_runs') }}

)

select
    run_id,

    policy,
    model_id,
    coin,
    funding_status,
    verdict,
    verdict_reason,
    parameters_fingerprint,
    build_id,

    bars,
    start_usd,
    end_usd,
    total_return,
    buy_and_hold_return,
    cagr,
    sharpe,
    max_drawdown,
    trades,
    fees_usd,
    slippage_usd,
    funding_usd,
    halted_share,
    return_without_limit,
    exposure_mean,
    turnover,
    psr,
    dsr,

    started_at,
    ended_at,
    created_at,
from stg_results__backtest_runs
