-- The recorder's gaps by the bar whose decision first knew of them. A bar inside a gap
-- cannot know of it before it ends; the windows of later bars then hold it.
with recording_gaps as (

    select
        coin,
        gap_s,
        greatest(
            {{ bar_closed_at('gap_ended_at') }},
            {{ bar_first_deciding('available_at') }}
        ) as bar_closed_at,
    from {{ ref('stg_hyperliquid__recording_gaps') }}

)

select
    coin,
    bar_closed_at,

    count(*) as count_gaps,
    max(gap_s) as longest_gap_s,
from recording_gaps
group by coin, bar_closed_at
