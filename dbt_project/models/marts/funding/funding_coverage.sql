-- Which months of settled funding are whole: a result that charges funding can trust
-- only those.
with funding_hours as (

    select
        coin,
        oracle_price,
        is_due,
        is_present,
        funding_hour_at,
    from {{ ref('funding_hours') }}

),

months_summarised as (

    select
        coin,
        cast(date_trunc('month', funding_hour_at) as date) as month_on,
        count(case when is_due then 1 end) as count_due,
        count(case when is_present then 1 end) as count_present,
        count(case when is_due and not is_present then 1 end) as count_missing,
        count(case when is_present and oracle_price is not null then 1 end)
            as count_with_oracle,
        min(case when is_present then funding_hour_at end) as first_hour_at,
        max(case when is_present then funding_hour_at end) as last_hour_at,
        min(case when is_due and not is_present then funding_hour_at end)
            as first_missing_at,
        max(case when is_due and not is_present then funding_hour_at end)
            as last_missing_at,
    from funding_hours
    group by coin, cast(date_trunc('month', funding_hour_at) as date)

)

select
    coin,
    month_on,

    count_due,
    count_present,
    count_missing,
    count_with_oracle,
    1 - {{ safe_divide('cast(count_missing as double)', 'count_due') }}
        as coverage_share,

    first_hour_at,
    last_hour_at,
    first_missing_at,
    last_missing_at,
from months_summarised
