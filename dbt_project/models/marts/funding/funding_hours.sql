-- Settled funding, hour by hour, with the oracle price it was charged on. A due hour
-- without a settlement stays as a gap: what needs it must say so.
with funding_rates as (

    select
        coin,
        source,
        funding_rate,
        premium,
        interval_hours,
        is_due,
        is_present,
        funding_hour_at,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}

),

asset_contexts as (

    select
        coin,
        source,
        oracle_price,
        event_at,
        available_at,
        {{ ceil_to('event_at', hours_s(1)) }} as funding_hour_at,
    from {{ ref('stg_hyperliquid__asset_contexts') }}
    where oracle_price is not null

),

-- The last oracle price at or before the hour, from within that hour.
oracle_prices_chosen as (

    select
        coin,
        oracle_price,
        funding_hour_at,
        available_at,
    from asset_contexts
    qualify
        row_number() over (
            partition by coin, funding_hour_at
            order by event_at desc, {{ source_rank('source') }}, source
        ) = 1

)

select
    funding_rates.coin,
    funding_rates.funding_hour_at,

    funding_rates.source,

    cast(funding_rates.funding_rate as double) as funding_rate,
    cast(funding_rates.premium as double) as premium,
    cast(oracle_prices_chosen.oracle_price as double) as oracle_price,
    cast(funding_rates.interval_hours as integer) as interval_hours,

    funding_rates.is_due,
    funding_rates.is_present,

    funding_rates.available_at,
    case
        when funding_rates.is_present
            then greatest(
                funding_rates.funding_hour_at,
                funding_rates.available_at,
                oracle_prices_chosen.available_at
            )
    end as known_at,
from funding_rates
left join oracle_prices_chosen
    on
        funding_rates.coin = oracle_prices_chosen.coin
        and funding_rates.funding_hour_at = oracle_prices_chosen.funding_hour_at
