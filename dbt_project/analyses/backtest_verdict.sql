-- Did it beat holding?
select
    runs.run_id,
    runs.policy,
    runs.verdict,
    runs.total_return,
    runs.buy_and_hold_return,
    runs.sharpe,
    (
        select sharpe(list(days.daily_return order by days.day_on)),
        from run_daily_returns(runs.run_id) as days
    ) as sharpe_again,
    runs.max_drawdown,
    max_drawdown(list(equity.equity_usd order by equity.bar_closed_at))
        as max_drawdown_again,
from {{ ref('backtest_runs') }} as runs
inner join {{ ref('backtest_equity') }} as equity
    on runs.run_id = equity.run_id
group by all
order by runs.run_id
