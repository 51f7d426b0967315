-- What does holding cost, on average and at worst?
select
    coin,
    count(cost_long_7d) as count_known,
    avg(cost_long_8h) as mean_8h,
    avg(cost_long_1d) as mean_1d,
    avg(cost_long_7d) as mean_7d,
    max(cost_long_7d) as worst_7d,
    annualised_funding(avg(cost_long_1d), 24) as mean_per_year,
from {{ ref('funding_costs') }}
group by coin
order by coin
