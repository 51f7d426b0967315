-- Funding charged within each bar (opened, closed]. Hours are due by the venue's
-- schedule whether or not a settlement was recorded, so that a bar without data reads
-- "unknown" and not "free".
with grid as (

    select
        coin,
        min({{ floor_to('bar_opened_at', 3600) }}) as first_hour_at,
        max(bar_closed_at) as last_hour_at,
    from {{ ref('int_bars_expanded_to_grid') }}
    group by coin

),

funding_rates as (

    select
        coin,
        funding_hour_at,
        funding_rate,
        interval_hours,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}

),

hours_listed as (

    select
        coin,
        {{ moments_between('first_hour_at', 'last_hour_at', 3600) }} as funding_hour_at,
    from grid

),

hours_due as (

    {{ funding_hours_due('hours_listed', 'funding_rates', ['funding_rate']) }}

),

hours_joined as (

    select
        coin,
        funding_rate,
        is_expected,
        is_due,
        is_present,
        available_at,
        coalesce(
            is_present
            and available_at <= {{ decided_at(seconds_after(
                bar_closed_at_edge('funding_hour_at'), bar_seconds()
            )) }},
            false
        ) as is_known_next,
        {{ bar_closed_at_edge('funding_hour_at') }} as bar_closed_at,
    from hours_due

)

select
    coin,
    bar_closed_at,

    case
        when count(*) filter (where is_due and not is_present) = 0
            then coalesce(cast(sum(funding_rate) as double), 0)
    end as funding_rate,
    count(*) filter (where is_due) as count_funding_due,
    count(*) filter (where is_due and is_present) as count_funding_present,
    count(*) filter (where is_expected or is_known_next) as count_funding_expected,
    count(*) filter (where is_known_next) as count_funding_next,

    max(available_at) as last_available_at,
from hours_joined
group by coin, bar_closed_at
