-- What did a long of 1,000 USD pay in a week?
select
    coin,
    count(*) filter (is_due) as count_due,
    count(*) filter (is_due and not is_present) as count_missing,
    case
        when count(*) filter (is_due and not is_present) = 0
            then 1000 * sum(funding_rate)
    end as paid_usd,
    annualised_funding(avg(funding_rate)) as mean_rate_per_year,
from {{ ref('funding_hours') }}
where
    funding_hour_at > timestamp '2025-06-01 00:00:00'
    and funding_hour_at <= timestamp '2025-06-08 00:00:00'
group by coin
order by coin
