-- Settlements on the grid of full hours: the settlement's time is floored, which
-- takes off its jitter. A due hour without a settlement stays as a row with nulls, so
-- that a gap is seen and never charged as zero. What is due follows from the settlement
-- before, so that a file with another schedule shows no false gaps.
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

    {{ funding_hours_due(
        'hours_listed',
        'settlements_chosen',
        ['source', 'funding_rate', 'premium', 'event_at'],
    ) }}

)

select
    coin,
    funding_hour_at,

    source,

    funding_rate,
    premium,
    interval_hours,

    is_due,
    is_present,

    event_at,
    available_at,
from hours_due
where is_due
