-- Drawdown anew from equity, with its peak and how long it has lasted.
create macro {schema}.run_drawdowns(run_id) as table
select
    marks.run_id,
    marks.bar_closed_at,

    marks.equity_usd,
    marks.peak_equity_usd,
    marks.equity_usd / nullif(marks.peak_equity_usd, 0) - 1 as drawdown,

    max(
        case when marks.equity_usd >= marks.peak_equity_usd then marks.bar_closed_at end
    ) over (order by marks.bar_closed_at) as peak_at,
from (
    select
        backtest_equity.run_id,
        backtest_equity.bar_closed_at,
        backtest_equity.equity_usd,
        max(backtest_equity.equity_usd)
            over (order by backtest_equity.bar_closed_at) as peak_equity_usd,
    from {schema}.backtest_equity as backtest_equity
    where backtest_equity.run_id = run_id
) as marks
order by marks.bar_closed_at
