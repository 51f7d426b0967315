-- Trailing log returns by time and what their squares, products and ranges say of
-- volatility: realised, bipower (Barndorff-Nielsen, Shephard 2004), Parkinson 1980,
-- Garman and Klass 1980. Not annualised. A window takes the mean over its known bars
-- times its length, so one missing bar does not lower the volatility.
{%- set short = var('realised_short_bars') %}
{%- set long = var('realised_long_bars') %}
with bars as (

    select
        coin,
        open,
        high,
        low,
        close,
        volume,
        has_price,
        bar_closed_at,
    from {{ ref('bars') }}

),

-- Rows before the first price say nothing and would shift the frames' rounding.
bars_started as (

    select
        coin,
        open,
        high,
        low,
        close,
        volume,
        bar_closed_at,
    from bars
    qualify
        bar_closed_at >= min(case when has_price then bar_closed_at end) over (
            partition by coin
        )

),

returns_measured as (

    select
        coin,
        high,
        low,
        close,
        volume,
        {%- for horizon in return_horizons() %}
        {{ log_ratio('close', bars_ago('close', horizon)) }} as return_{{ horizon }},
        {%- endfor %}
        {{ parkinson_variance('high', 'low') }} as parkinson,
        {{ garman_klass_variance('open', 'high', 'low', 'close') }} as garman_klass,
        bar_closed_at,
    from bars_started

),

products_measured as (

    select
        coin,
        high,
        low,
        close,
        volume,
        {%- for horizon in return_horizons() %}
        return_{{ horizon }},
        {%- endfor %}
        return_1 * return_1 as squared_return,
        {{ downside_square('return_1') }} as squared_loss,
        {{ bipower_variance('return_1', bars_ago('return_1', 1)) }} as bipower,
        parkinson,
        garman_klass,
        bar_closed_at,
    from returns_measured

),

windows_measured as (

    select
        coin,
        close,
        {%- for horizon in return_horizons() %}
        return_{{ horizon }},
        {%- endfor %}
        {{ rolling('avg', 'squared_return', short) }} as mean_square_short,
        {{ rolling('avg', 'squared_return', long) }} as mean_square_long,
        {{ rolling('avg', 'squared_loss', short) }} as mean_square_loss_short,
        {{ rolling('avg', 'bipower', short) }} as mean_bipower_short,
        {{ rolling('avg', 'parkinson', short) }} as mean_parkinson_short,
        {{ rolling('avg', 'garman_klass', short) }} as mean_garman_klass_short,
        {{ rolling('avg', 'volume', short) }} as mean_volume_short,
        {{ rolling('avg', 'volume', long) }} as mean_volume_long,
        {{ rolling('max', 'high', short) }} as highest_short,
        {{ rolling('min', 'low', short) }} as lowest_short,
        {{ rolling('max', 'high', long) }} as highest_long,
        bar_closed_at,
    from products_measured

)

select
    coin,
    bar_closed_at,

    {%- for horizon in return_horizons() %}
    return_{{ horizon }},
    {%- endfor %}
    {{ window_volatility('mean_square_short', short) }} as realised_volatility_short,
    {{ window_volatility('mean_square_long', long) }} as realised_volatility_long,
    {{ window_volatility('mean_bipower_short', short) }} as bipower_volatility_short,
    {{ window_volatility('mean_parkinson_short', short) }}
        as parkinson_volatility_short,
    {{ window_volatility('mean_garman_klass_short', short) }}
        as garman_klass_volatility_short,
    {{ safe_divide('mean_square_loss_short', 'mean_square_short') }}
        as semivariance_ratio_short,
    case
        when mean_bipower_short < mean_square_short
            then 1 - mean_bipower_short / mean_square_short
        when mean_bipower_short >= mean_square_short then 0.0e0
    end as jump_share_short,
    sqrt({{ safe_divide('mean_square_short', 'mean_square_long') }})
        as volatility_ratio,
    {{ safe_divide('mean_volume_short', 'mean_volume_long') }} as volume_ratio,
    {{ safe_divide('close - lowest_short', 'highest_short - lowest_short') }}
        as range_position_short,
    {{ log_ratio('close', 'highest_long') }} as fall_from_high_long,
from windows_measured
