-- Settlements on the grid of full hours: the settlement's time is floored, which
-- takes off its jitter. A due hour without a settlement stays as a row with nulls, so
-- that a gap is seen and never charged as zero.
with funding_rates as (

    select
        coin,
        source,
        funding_rate,
        premium,
        interval_hours,
        event_at,
        available_at,
        {{ floor_to('event_at', 3600) }} as funding_hour_at,
    from {{ ref('stg_hyperliquid__funding_rates') }}
    -- Another venue's rates are for its own interval and its own positions.
    where {{ is_own_source('source') }}

),

settlements_chosen as (

    select
        coin,
        source,
        funding_rate,
        premium,
        interval_hours,
        event_at,
        available_at,
        funding_hour_at,
    from funding_rates
    qualify
        row_number() over (
            partition by coin, funding_hour_at
            order by {{ source_rank('source') }}, source, event_at
        ) = 1

),

spans_found as (

    select
        coin,
        min(funding_hour_at) as first_hour_at,
        max(funding_hour_at) as last_hour_at,
    from settlements_chosen
    group by coin

),

hours_listed as (

    select
        coin,
        {{ moments_between('first_hour_at', 'last_hour_at', 3600) }} as funding_hour_at,
    from spans_found

),

hours_due as (

    select
        coin,
        funding_hour_at,
        {{ is_funding_due('funding_hour_at') }} as is_due,
    from hours_listed

)

select
    hours_due.coin,
    hours_due.funding_hour_at,

    settlements_chosen.source,

    settlements_chosen.funding_rate,
    settlements_chosen.premium,
    coalesce(
        settlements_chosen.interval_hours,
        {{ funding_interval_hours('hours_due.funding_hour_at') }}
    ) as interval_hours,

    hours_due.is_due,
    settlements_chosen.funding_rate is not null as is_present,

    settlements_chosen.event_at,
    settlements_chosen.available_at,
from hours_due
left join settlements_chosen
    on
        hours_due.coin = settlements_chosen.coin
        and hours_due.funding_hour_at = settlements_chosen.funding_hour_at
where hours_due.is_due or settlements_chosen.funding_rate is not null
