-- Trailing sums and z-score of settled funding, by time: a settlement stands for its
-- interval of 1 or 8 hours. A sum needs every due hour of its window, the z-score a
-- share of them, and of those only what came before the next settlement: one that came
-- later would change a score that was known without it. Known when the last settlement
-- of the window became available. Sums are of whole numbers, so that a rate that rests
-- has a deviation of exactly 0.
{%- set windows = {
    'short': var('funding_sum_short_hours'),
    'day': var('funding_sum_hours'),
    'long': var('funding_sum_long_hours'),
    'zscore': var('funding_zscore_hours'),
} %}
with funding_hours as (

    select
        coin,
        {{ bounded_integer('funding_rate', 12) }} as rate,
        funding_rate,
        case when is_present then interval_hours end as hours_known,
        interval_hours,
        {{ hour_number('funding_hour_at') }} as hour_number,
        funding_hour_at,
        available_at,
        available_at
        <= {{ seconds_after('funding_hour_at', 'interval_hours * 3600') }} as is_in_time,
    from {{ ref('int_funding_rates_aligned_to_hours') }}

),

windows_measured as (

    select
        coin,
        rate,
        funding_rate,
        interval_hours,
        available_at,
        {%- for name in windows %}
        {%- set known = ' filter (where is_in_time)' if name == 'zscore' else '' %}
        sum(rate){{ known }} over {{ name }}_window as {{ name }}_total,
        sum(hours_known){{ known }} over {{ name }}_window as {{ name }}_hours_known,
        max(available_at){{ known }} over {{ name }}_window as {{ name }}_available_at,
        {%- endfor %}
        count(rate) filter (where is_in_time) over zscore_window as zscore_count,
        sum({{ exact_product('rate', 'rate') }})
            filter (where is_in_time) over zscore_window as zscore_squares,
        funding_hour_at,
    from funding_hours
    window
        {%- for name, hours in windows.items() %}
        {{ name }}_window as (
            partition by coin
            order by hour_number
            range between {{ hours - 1 }} preceding and current row
        ){{ ',' if not loop.last }}
        {%- endfor %}

)

select
    coin,
    funding_hour_at,

    cast(funding_rate as double) as funding_rate,
    interval_hours,
    {%- for name, column in [
        ('short', 'funding_sum_short'),
        ('day', 'funding_sum'),
        ('long', 'funding_sum_long'),
    ] %}
    case
        when {{ name }}_hours_known >= {{ windows[name] }}
            then {{ value_of_sum(name ~ '_total', 12) }}
    end as {{ column }},
    {%- endfor %}
    case
        when
            zscore_hours_known
            >= {{ var('window_min_share') }} * {{ windows['zscore'] }}
            then {{ safe_divide(
                value_of_sum('rate', 12)
                ~ ' - ' ~ value_of_sum('zscore_total', 12) ~ ' / zscore_count',
                deviation_of_sums('zscore_count', 'zscore_total', 'zscore_squares', 12)
            ) }}
    end as funding_zscore,

    short_available_at as sum_short_available_at,
    day_available_at as sum_available_at,
    long_available_at as sum_long_available_at,
    greatest(zscore_available_at, available_at) as zscore_available_at,
from windows_measured
where funding_rate is not null
