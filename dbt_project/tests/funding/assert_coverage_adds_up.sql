-- Over all months, hours counted as missing are the gaps of funding_hours.
with months as (

    select
        coin,
        sum(count_due) as count_due,
        sum(count_missing) as count_missing,
    from {{ ref('funding_coverage') }}
    group by coin

),

hours as (

    select
        coin,
        count(case when is_due then 1 end) as count_due,
        count(case when is_due and funding_rate is null then 1 end) as count_missing,
    from {{ ref('funding_hours') }}
    group by coin

)

select
    hours.coin,
    hours.count_due,
    hours.count_missing,
from hours
left join months
    on hours.coin = months.coin
where
    months.count_due is distinct from hours.count_due
    or months.count_missing is distinct from hours.count_missing
