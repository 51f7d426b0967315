-- Trailing log returns by time and what their squares, products and ranges say of
-- volatility: realised, bipower (Barndorff-Nielsen, Shephard 2004), Parkinson 1980,
-- Garman and Klass 1980, Rogers and Satchell 1991, Yang and Zhang 2000; semivariances
-- (Barndorff-Nielsen, Kinnebrock, Shephard 2010). Not annualised. A window takes the
-- mean over its known bars times its length, so one missing bar does not lower the
-- volatility.
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
        {{ rogers_satchell_variance('open', 'high', 'low', 'close') }}
            as rogers_satchell,
        {{ log_ratio('open', bars_ago('close', 1)) }} as gap_return,
        {{ log_ratio('close', 'open') }} as body_return,
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
        return_1 * return_1 * return_1 as cubed_return,
        return_1 * return_1 * return_1 * return_1 as fourth_return,
        {{ downside_square('return_1') }} as squared_loss,
        {{ upside_square('return_1') }} as squared_gain,
        {{ bipower_variance('return_1', bars_ago('return_1', 1)) }} as bipower,
        parkinson,
        garman_klass,
        rogers_satchell,
        gap_return,
        body_return,
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
        squared_return,
        {{ rolling('avg', 'squared_return', short) }} as mean_square_short,
        {{ rolling('avg', 'squared_return', long) }} as mean_square_long,
        {{ rolling('avg', 'squared_loss', short) }} as mean_square_loss_short,
        {{ rolling('avg', 'squared_gain', short) }} as mean_square_gain_short,
        {{ rolling('avg', 'cubed_return', long) }} as mean_cube_long,
        {{ rolling('avg', 'fourth_return', long) }} as mean_fourth_long,
        {{ rolling('avg', 'bipower', short) }} as mean_bipower_short,
        {{ rolling('avg', 'parkinson', short) }} as mean_parkinson_short,
        {{ rolling('avg', 'garman_klass', short) }} as mean_garman_klass_short,
        {{ rolling('avg', 'rogers_satchell', short) }} as mean_rogers_satchell_short,
        {{ rolling('var_samp', 'gap_return', short) }} as gap_variance_short,
        {{ rolling('var_samp', 'body_return', short) }} as body_variance_short,
        {{ rolling('avg', 'volume', short) }} as mean_volume_short,
        {{ rolling('avg', 'volume', long) }} as mean_volume_long,
        {{ rolling('max', 'high', short) }} as highest_short,
        {{ rolling('min', 'low', short) }} as lowest_short,
        {{ rolling('max', 'high', long) }} as highest_long,
        bar_closed_at,
    from products_measured

),

volatilities_measured as (

    select
        coin,
        {%- for horizon in return_horizons() %}
        return_{{ horizon }},
        {%- endfor %}
        squared_return,
        mean_square_short,
        mean_square_long,
        mean_square_loss_short,
        mean_square_gain_short,
        mean_cube_long,
        mean_fourth_long,
        mean_bipower_short,
        {{ window_volatility('mean_square_short', short) }}
            as realised_volatility_short,
        {{ window_volatility('mean_parkinson_short', short) }}
            as parkinson_volatility_short,
        {{ window_volatility('mean_garman_klass_short', short) }}
            as garman_klass_volatility_short,
        {{ window_volatility('mean_rogers_satchell_short', short) }}
            as rogers_satchell_volatility_short,
        gap_variance_short
        + {{ double(yang_zhang_weight(short)) }} * body_variance_short
        + {{ double(1 - yang_zhang_weight(short)) }} * mean_rogers_satchell_short
            as mean_yang_zhang_short,
        {{ safe_divide('mean_volume_short', 'mean_volume_long') }} as volume_ratio,
        {{ safe_divide('close - lowest_short', 'highest_short - lowest_short') }}
            as range_position_short,
        {{ log_ratio('close', 'highest_long') }} as fall_from_high_long,
        bar_closed_at,
    from windows_measured

)

select
    coin,
    bar_closed_at,

    {%- for horizon in return_horizons() %}
    return_{{ horizon }},
    {%- endfor %}
    realised_volatility_short,
    {{ window_volatility('mean_square_long', long) }} as realised_volatility_long,
    {{ window_volatility('mean_bipower_short', short) }} as bipower_volatility_short,
    parkinson_volatility_short,
    garman_klass_volatility_short,
    rogers_satchell_volatility_short,
    {{ window_volatility('mean_yang_zhang_short', short) }}
        as yang_zhang_volatility_short,
    {{ window_volatility('mean_square_loss_short', short) }}
        as downside_volatility_short,
    {{ window_volatility('mean_square_gain_short', short) }} as upside_volatility_short,
    (mean_square_gain_short - mean_square_loss_short) * {{ short }}
        as signed_jump_variation_short,
    {{ safe_divide('mean_square_loss_short', 'mean_square_short') }}
        as semivariance_ratio_short,
    case
        when mean_bipower_short < mean_square_short
            then 1 - mean_bipower_short / mean_square_short
        when mean_bipower_short >= mean_square_short then 0.0e0
    end as jump_share_short,
    squared_return as har_variance_bar,
    mean_square_short as har_variance_short,
    mean_square_long as har_variance_long,
    {{ realised_skewness('mean_square_long', 'mean_cube_long') }}
        as realised_skewness_long,
    {{ realised_kurtosis('mean_square_long', 'mean_fourth_long') }}
        as realised_kurtosis_long,
    {{ safe_divide(
        rolling('stddev_samp', 'realised_volatility_short', long),
        rolling('avg', 'realised_volatility_short', long),
    ) }} as volatility_of_volatility_long,
    sqrt({{ safe_divide('mean_square_short', 'mean_square_long') }})
        as volatility_ratio,
    volume_ratio,
    range_position_short,
    fall_from_high_long,
from volatilities_measured
