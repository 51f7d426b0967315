-- The deepest drawdown, and how long it lasted
select
    run_id,
    peak_at,
    bar_closed_at as bottom_at,
    drawdown,
    date_diff('hour', peak_at, bar_closed_at) as hours_under_water,
from run_drawdowns((select max(run_id), from {{ ref('backtest_runs') }}))
order by drawdown, bar_closed_at
limit 1
