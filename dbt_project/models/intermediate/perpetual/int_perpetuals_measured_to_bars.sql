-- Funding, premium, basis and open interest as a decision could read them. Funding is
-- what was settled last; the running estimate is a column of its own.
with bars as (

    select
        coin,
        volume,
        bar_closed_at,
    from {{ ref('bars') }}

),

funding_hours as (

    select
        coin,
        funding_rate,
        interval_hours,
        funding_hour_at as event_at,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}
    where is_present

),

funding_windows as (

    select
        coin,
        funding_sum,
        funding_zscore,
        funding_hour_at,
        sum_available_at,
        zscore_available_at,
    from {{ ref('int_funding_rates_measured_to_hours') }}

),

asset_contexts as (

    select
        coin,
        mark_price,
        oracle_price,
        open_interest_base,
        premium,
        estimated_funding_rate,
        context_age_s,
        bar_closed_at,
    from {{ ref('int_asset_contexts_aligned_to_bars') }}

),

rates_prepared as (

    select
        coin,
        cast(funding_rate as double) as funding_rate_last,
        interval_hours,
        event_at,
        available_at,
    from funding_hours

),

rates_carried as (

    {{ as_of_bar(
        'bars',
        'rates_prepared',
        ['funding_rate_last', 'interval_hours'],
        'funding_age_s',
        var('funding_stale_after_s'),
        includes_edge=true,
    ) }}

),

sums_prepared as (

    select
        coin,
        funding_sum,
        funding_hour_at as event_at,
        sum_available_at as available_at,
    from funding_windows
    where funding_sum is not null

),

sums_carried as (

    {{ as_of_bar(
        'bars',
        'sums_prepared',
        ['funding_sum'],
        'funding_sum_age_s',
        var('funding_stale_after_s'),
        includes_edge=true,
    ) }}

),

zscores_prepared as (

    select
        coin,
        funding_zscore,
        funding_hour_at as event_at,
        zscore_available_at as available_at,
    from funding_windows
    where funding_zscore is not null

),

zscores_carried as (

    {{ as_of_bar(
        'bars',
        'zscores_prepared',
        ['funding_zscore'],
        'funding_zscore_age_s',
        var('funding_stale_after_s'),
        includes_edge=true,
    ) }}

),

bars_joined as (

    select
        bars.coin,
        bars.volume,
        rates_carried.funding_rate_last,
        rates_carried.interval_hours,
        rates_carried.funding_age_s,
        sums_carried.funding_sum,
        zscores_carried.funding_zscore,
        asset_contexts.estimated_funding_rate,
        asset_contexts.premium as premium_last,
        {{ in_bps(safe_divide(
            'asset_contexts.mark_price - asset_contexts.oracle_price',
            'asset_contexts.oracle_price'
        )) }} as basis_bps,
        asset_contexts.open_interest_base,
        asset_contexts.context_age_s,
        bars.bar_closed_at,
    from bars
    left join rates_carried
        on
            bars.coin = rates_carried.coin
            and bars.bar_closed_at = rates_carried.bar_closed_at
    left join sums_carried
        on
            bars.coin = sums_carried.coin
            and bars.bar_closed_at = sums_carried.bar_closed_at
    left join zscores_carried
        on
            bars.coin = zscores_carried.coin
            and bars.bar_closed_at = zscores_carried.bar_closed_at
    left join asset_contexts
        on
            bars.coin = asset_contexts.coin
            and bars.bar_closed_at = asset_contexts.bar_closed_at

)

select
    coin,
    bar_closed_at,

    funding_rate_last,
    funding_age_s,
    funding_sum,
    funding_zscore,
    {{ safe_divide('funding_rate_last', 'interval_hours') }} * {{ hours_per_year() }}
        as funding_annualised,
    estimated_funding_rate,
    premium_last,
    {{ rolling('avg', 'premium_last', var('realised_short_bars')) }}
        as premium_mean_short,
    basis_bps,
    {{ rolling('avg', 'basis_bps', var('realised_short_bars')) }} as basis_mean_short,
    {{ log_ratio('open_interest_base', bars_ago('open_interest_base', 1)) }}
        as open_interest_change_1,
    {{ log_ratio(
        'open_interest_base',
        bars_ago('open_interest_base', var('realised_short_bars'))
    ) }} as open_interest_change_short,
    {{ log_ratio(
        'open_interest_base',
        rolling('avg', 'volume', var('realised_short_bars'))
    ) }} as open_interest_to_volume,
    context_age_s,
from bars_joined
