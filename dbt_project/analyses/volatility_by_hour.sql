-- At which hours does it move?
select
    hour(bar_opened_at) as hour_of_day,
    count(bar_return) as count_returns,
    sqrt(avg(bar_return * bar_return)) as realised_volatility,
from (
    select
        bar_opened_at,
        log_return(
            lag(close) over (order by bar_closed_at), close
        ) as bar_return,
    from {{ ref('bars') }}
    where coin = 'SOL'
)
group by hour_of_day
order by hour_of_day
