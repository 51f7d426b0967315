-- UTC days; the bar that closes at midnight ends its day. The first day's return
-- starts at the first bar's mark, and a first day of one bar has none.
create macro {schema}.run_daily_returns(run_id) as table
select
    days.run_id,
    days.day_on,

    days.equity_usd,
    days.equity_usd / nullif(days.equity_before_usd, 0) - 1 as daily_return,
from (
    select
        ends.run_id,
        ends.day_on,
        ends.equity_usd,
        ends.count_bars,
        coalesce(
            lag(ends.equity_usd) over (order by ends.day_on), ends.first_equity_usd
        ) as equity_before_usd,
        row_number() over (order by ends.day_on) as day_number,
    from (
        select
            backtest_equity.run_id,
            cast(backtest_equity.bar_closed_at - interval 1 microsecond as date)
                as day_on,
            max_by(backtest_equity.equity_usd, backtest_equity.bar_closed_at)
                as equity_usd,
            min_by(backtest_equity.equity_usd, backtest_equity.bar_closed_at)
                as first_equity_usd,
            count(*) as count_bars,
        from {schema}.backtest_equity as backtest_equity
        where backtest_equity.run_id = run_id
        group by
            backtest_equity.run_id,
            cast(backtest_equity.bar_closed_at - interval 1 microsecond as date)
    ) as ends
) as days
where days.day_number > 1 or days.count_bars > 1
order by days.day_on
