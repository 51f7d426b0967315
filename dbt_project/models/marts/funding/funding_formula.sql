-- Settled funding against the venue's formula of its time: the rate that the premium
-- published with the settlement gives, and the one that the premiums which we recorded
-- in the hour give. The formula clamps; the venue may clamp before it averages, so a
-- wild hour can differ without an error in either.
with funding_rates as (

    select
        coin,
        cast(funding_rate as double) as settled_rate,
        cast(premium as double) as premium,
        interval_hours,
        {{ funding_era('funding_hour_at') }} as era,
        funding_hour_at,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}
    where is_present

),

asset_contexts as (

    select
        coin,
        premium,
        {{ ceil_to('event_at', hours_s(1)) }} as funding_hour_at,
        available_at,
    from {{ ref('stg_hyperliquid__asset_contexts') }}
    where {{ is_own_source('source') }} and premium is not null

),

premiums_averaged as (

    select
        coin,
        {{ order_free_mean('premium', 12) }} as recorded_premium,
        count(*) as count_recorded,
        funding_hour_at,
        max(available_at) as available_at,
    from asset_contexts
    group by coin, funding_hour_at

),

rates_computed as (

    select
        funding_rates.coin,
        funding_rates.era,
        funding_rates.settled_rate,
        funding_rates.interval_hours,
        funding_rates.premium,
        {{ funding_formula_rate(
            'funding_rates.premium', 'funding_rates.era', 'funding_rates.interval_hours'
        ) }} as formula_rate,
        premiums_averaged.recorded_premium,
        {{ funding_formula_rate(
            'premiums_averaged.recorded_premium',
            'funding_rates.era',
            'funding_rates.interval_hours'
        ) }} as recorded_rate,
        coalesce(premiums_averaged.count_recorded, 0) as count_recorded,
        funding_rates.funding_hour_at,
        greatest(
            funding_rates.funding_hour_at,
            funding_rates.available_at,
            premiums_averaged.available_at
        ) as known_at,
    from funding_rates
    left join premiums_averaged
        on
            funding_rates.coin = premiums_averaged.coin
            and funding_rates.funding_hour_at = premiums_averaged.funding_hour_at

)

select
    coin,
    funding_hour_at,

    era,

    cast(interval_hours as integer) as interval_hours,
    settled_rate,
    premium,
    formula_rate,
    settled_rate - formula_rate as difference,
    recorded_premium,
    recorded_rate,
    settled_rate - recorded_rate as recorded_difference,
    count_recorded,

    abs(settled_rate - formula_rate) <= {{ var('funding_formula_tolerance') }}
        as is_within_tolerance,
    {{ is_resting_rate('settled_rate', 'interval_hours') }} as is_resting,

    known_at,
from rates_computed
