-- Every bar but a coin's first opens where the one before closed, and both price tables
-- have the same bars.
with bars as (

    select
        coin,
        bar_closed_at,
        bar_opened_at,
        lag(bar_closed_at) over (partition by coin order by bar_closed_at)
            as previous_closed_at,
    from {{ ref('bars') }}

),

bars_final as (

    select
        coin,
        bar_closed_at,
    from {{ ref('bars_final') }}

)

select
    bars.coin,
    bars.bar_closed_at,
    bars.previous_closed_at,
from bars
left join bars_final
    on
        bars.coin = bars_final.coin
        and bars.bar_closed_at = bars_final.bar_closed_at
where
    bars.bar_opened_at <> bars.previous_closed_at
    or bars_final.coin is null
