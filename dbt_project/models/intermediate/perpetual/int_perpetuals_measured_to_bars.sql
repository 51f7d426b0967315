-- Funding, premium, basis and open interest as a decision could read them. Funding is
-- what was settled last; the running estimate is a column of its own. A settlement
-- stands for its interval, so it grows stale only after the next one was due.
{%- set short = var('realised_short_bars') %}
{%- set stale_after_s -%}
    {{ var('funding_stale_after_s') }} + (known.interval_hours - 1) * {{ hours_s(1) }}
{%- endset %}
{%- set windows = [
    'funding_sum_short', 'funding_sum', 'funding_sum_long', 'funding_zscore'
] %}
{%- set available = {
    'funding_sum_short': 'sum_short_available_at',
    'funding_sum': 'sum_available_at',
    'funding_sum_long': 'sum_long_available_at',
    'funding_zscore': 'zscore_available_at',
} %}
with bars as (

    select
        coin,
        close,
        volume,
        bar_closed_at,
        decided_at,
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
        {%- for window in windows %}
        {{ window }},
        {{ available[window] }},
        {%- endfor %}
        interval_hours,
        funding_hour_at,
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
        event_at as settled_hour_at,
        event_at,
        available_at,
    from funding_hours

),

rates_carried as (

    {{ as_of_bar(
        'bars',
        'rates_prepared',
        ['funding_rate_last', 'interval_hours', 'settled_hour_at'],
        'funding_age_s',
        stale_after_s,
        includes_edge=true,
    ) }}

),

{% for window in windows -%}
{{ window }}_prepared as (

    select
        coin,
        {{ window }},
        interval_hours,
        funding_hour_at as event_at,
        {{ available[window] }} as available_at,
    from funding_windows
    where {{ window }} is not null

),

{{ window }}_carried as (

    {{ as_of_bar(
        'bars',
        window ~ '_prepared',
        [window, 'interval_hours'],
        window ~ '_age_s',
        stale_after_s,
        includes_edge=true,
    ) }}

),

{% endfor -%}
bars_joined as (

    select
        bars.coin,
        bars.close,
        bars.volume,
        rates_carried.funding_rate_last,
        rates_carried.interval_hours,
        rates_carried.funding_age_s,
        {%- for window in windows %}
        {{ window }}_carried.{{ window }},
        {%- endfor %}
        asset_contexts.estimated_funding_rate,
        asset_contexts.premium as premium_last,
        {{ in_bps(safe_divide(
            'asset_contexts.mark_price - asset_contexts.oracle_price',
            'asset_contexts.oracle_price'
        )) }} as basis_bps,
        asset_contexts.open_interest_base,
        asset_contexts.context_age_s,
        row_number() over (
            partition by bars.coin order by bars.bar_closed_at
        ) as bar_number,
        rates_carried.settled_hour_at,
        bars.bar_closed_at,
        bars.decided_at,
    from bars
    left join rates_carried
        on
            bars.coin = rates_carried.coin
            and bars.bar_closed_at = rates_carried.bar_closed_at
    {%- for window in windows %}
    left join {{ window }}_carried
        on
            bars.coin = {{ window }}_carried.coin
            and bars.bar_closed_at = {{ window }}_carried.bar_closed_at
    {%- endfor %}
    left join asset_contexts
        on
            bars.coin = asset_contexts.coin
            and bars.bar_closed_at = asset_contexts.bar_closed_at

),

changes_measured as (

    select
        coin,
        volume,
        funding_rate_last,
        interval_hours,
        funding_age_s,
        {%- for window in windows %}
        {{ window }},
        {%- endfor %}
        estimated_funding_rate,
        premium_last,
        basis_bps,
        open_interest_base,
        context_age_s,
        bar_number,
        {%- for name, bars in [
            ('1', 1), ('mid', var('open_interest_bars')), ('short', short)
        ] %}
        {{ log_ratio('open_interest_base', bars_ago('open_interest_base', bars)) }}
            as open_interest_change_{{ name }},
        {{ log_ratio('close', bars_ago('close', bars)) }} as return_{{ name }},
        {%- endfor %}
        settled_hour_at,
        bar_closed_at,
        decided_at,
    from bars_joined

)

select
    coin,
    bar_closed_at,

    funding_rate_last,
    funding_age_s,
    funding_sum_short,
    funding_sum,
    funding_sum_long * {{ hours_per_year() }} / {{ var('funding_sum_long_hours') }}
        as funding_annualised,
    funding_zscore,
    estimated_funding_rate,
    estimated_funding_rate - funding_rate_last as funding_estimate_gap,
    {{ minutes_to_funding('decided_at', 'interval_hours', 'settled_hour_at') }}
        as minutes_to_funding,
    premium_last,
    {{ rolling('avg', 'premium_last', short) }} as premium_mean_short,
    basis_bps,
    {{ rolling('avg', 'basis_bps', short) }} as basis_mean_short,
    {{ rolling_pair('regr_slope', 'basis_bps', 'bar_number', short) }}
        as basis_slope_short,
    open_interest_change_1,
    open_interest_change_mid,
    open_interest_change_short,
    {{ open_interest_quadrant('return_mid', 'open_interest_change_mid') }}
        as open_interest_quadrant_mid,
    {{ open_interest_quadrant('return_short', 'open_interest_change_short') }}
        as open_interest_quadrant_short,
    {{ log_ratio('open_interest_base', rolling('avg', 'volume', short)) }}
        as open_interest_to_volume,
    context_age_s,
from changes_measured
