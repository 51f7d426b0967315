-- Where is the price unknown?
select
    coin,
    min(bar_opened_at) as gap_started_at,
    max(bar_closed_at) as gap_ended_at,
    count(*) as count_bars,
from (
    select
        coin,
        bar_opened_at,
        bar_closed_at,
        has_price,
        sum(cast(has_price as integer)) over (
            partition by coin order by bar_closed_at
        ) as count_priced_before,
    from {{ ref('bars') }}
)
where not has_price
group by coin, count_priced_before
order by coin, gap_started_at
