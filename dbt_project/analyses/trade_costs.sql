-- What did trading cost?
select
    run_id,
    reason,
    count(*) as count_trades,
    sum(notional_usd) as notional_usd,
    1e4 * sum(fee_usd) / sum(notional_usd) as fee_bps,
    1e4 * sum(slippage_usd) / sum(notional_usd) as slippage_bps,
from {{ ref('backtest_trades') }}
group by run_id, reason
order by run_id, reason
