-- Returns against those of the benchmark coin at the same bar: beta, what beta leaves
-- over, relative strength. The beta of a bar uses returns up to that bar only. The
-- benchmark is not compared with itself: a beta of 1 would look like knowledge.
{%- set horizons = [1, 2, 4, 24] %}
with returns as (

    select
        coin,
        {%- for horizon in horizons %}
        return_{{ horizon }},
        {%- endfor %}
        realised_volatility_short,
        bar_closed_at,
    from {{ ref('int_returns_measured_to_bars') }}

),

benchmarks as (

    select
        {%- for horizon in horizons %}
        return_{{ horizon }} as benchmark_return_{{ horizon }},
        {%- endfor %}
        realised_volatility_short as benchmark_volatility_short,
        bar_closed_at,
    from returns
    where coin = '{{ var("benchmark_coin") }}'

),

returns_paired as (

    select
        returns.coin,
        {%- for horizon in horizons %}
        returns.return_{{ horizon }},
        benchmarks.benchmark_return_{{ horizon }},
        {%- endfor %}
        returns.realised_volatility_short,
        benchmarks.benchmark_volatility_short,
        returns.bar_closed_at,
    from returns
    left join benchmarks
        on
            returns.bar_closed_at = benchmarks.bar_closed_at
            and returns.coin != '{{ var("benchmark_coin") }}'

),

betas_measured as (

    select
        coin,
        {%- for horizon in horizons %}
        return_{{ horizon }},
        benchmark_return_{{ horizon }},
        {%- endfor %}
        {%- for lag in benchmark_lags() %}
        {{ bars_ago('benchmark_return_1', lag) }} as benchmark_return_lag_{{ lag }},
        {%- endfor %}
        {{ rolling_pair(
            'regr_slope', 'return_1', 'benchmark_return_1', var('beta_bars')
        ) }} as benchmark_beta,
        {{ rolling_pair('corr', 'return_1', 'benchmark_return_1', var('beta_bars')) }}
            as benchmark_correlation,
        realised_volatility_short,
        benchmark_volatility_short,
        bar_closed_at,
    from returns_paired

)

select
    coin,
    bar_closed_at,

    {%- for horizon in horizons %}
    benchmark_return_{{ horizon }},
    return_{{ horizon }} - benchmark_beta * benchmark_return_{{ horizon }}
        as residual_return_{{ horizon }},
    return_{{ horizon }} - benchmark_return_{{ horizon }}
        as relative_strength_{{ horizon }},
    {%- endfor %}
    {%- for lag in benchmark_lags() %}
    benchmark_return_lag_{{ lag }},
    {%- endfor %}
    benchmark_beta,
    benchmark_correlation,
    {{ safe_divide('realised_volatility_short', 'benchmark_volatility_short') }}
        as benchmark_volatility_ratio,
from betas_measured
