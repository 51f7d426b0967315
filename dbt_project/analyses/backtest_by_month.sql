-- Month by month
select
    run_id,
    date_trunc('month', bar_closed_at) as month_at,
    max_by(equity_usd, bar_closed_at) / min_by(equity_usd, bar_closed_at) - 1
        as strategy_return,
    max_by(buy_and_hold_usd, bar_closed_at)
    / min_by(buy_and_hold_usd, bar_closed_at)
    - 1 as buy_and_hold_return,
    avg(cast(position_base != 0 as integer)) as share_in_market,
from {{ ref('backtest_equity') }}
group by run_id, month_at
order by run_id, month_at
