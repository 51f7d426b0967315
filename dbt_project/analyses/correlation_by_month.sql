-- How closely does SOL follow BTC?
select
    date_trunc('month', sol.bar_closed_at) as month_at,
    count(*) as count_bars,
    corr(sol.return_1, btc.return_1) as correlation,
    regr_slope(sol.return_1, btc.return_1) as beta,
from {{ ref('features') }} as sol
inner join {{ ref('features') }} as btc
    on sol.bar_closed_at = btc.bar_closed_at
where sol.coin = 'SOL' and btc.coin = 'BTC'
group by month_at
order by month_at
