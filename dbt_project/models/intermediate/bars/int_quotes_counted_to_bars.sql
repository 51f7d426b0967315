-- How many quotes each bar had at its decision, and how many were crossed, over all
-- sources.
with quotes as (

    select
        coin,
        bar_closed_at,
        count_rows,
        count_crossed,
    from {{ ref('int_quotes_aggregated_to_bars') }}
    where count_rows > 0

)

select
    coin,
    bar_closed_at,

    cast(sum(count_rows) as bigint) as count_rows,
    cast(sum(count_crossed) as bigint) as count_crossed,
from quotes
group by coin, bar_closed_at
