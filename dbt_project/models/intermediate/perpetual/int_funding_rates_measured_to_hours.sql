-- Trailing sum and z-score of settled funding, by time: a settlement stands for its
-- interval of 1 or 8 hours. The sum needs every due hour of its window, the z-score a
-- share of them. Known when the last settlement of the longer window became available.
with funding_hours as (

    select
        coin,
        cast(funding_rate as double) as funding_rate,
        interval_hours,
        {{ hour_number('funding_hour_at') }} as hour_number,
        is_present,
        funding_hour_at,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}

),

windows_measured as (

    select
        coin,
        funding_rate,
        interval_hours,
        sum(funding_rate) over sum_window as funding_sum,
        sum(case when is_present then interval_hours end) over sum_window
            as sum_hours_known,
        avg(funding_rate) over zscore_window as mean_rate,
        stddev_pop(funding_rate) over zscore_window as rate_deviation,
        sum(case when is_present then interval_hours end) over zscore_window
            as zscore_hours_known,
        funding_hour_at,
        max(available_at) over sum_window as sum_available_at,
        max(available_at) over zscore_window as zscore_available_at,
    from funding_hours
    window
        sum_window as (
            partition by coin
            order by hour_number
            range between {{ var('funding_sum_hours') - 1 }} preceding and current row
        ),
        zscore_window as (
            partition by coin
            order by hour_number
            range between
            {{ var('funding_zscore_hours') - 1 }} preceding and current row
        )

)

select
    coin,
    funding_hour_at,

    funding_rate,
    interval_hours,
    case
        when sum_hours_known >= {{ var('funding_sum_hours') }} then funding_sum
    end as funding_sum,
    case
        when
            zscore_hours_known
            >= {{ var('window_min_share') }} * {{ var('funding_zscore_hours') }}
            then {{ safe_divide('funding_rate - mean_rate', 'rate_deviation') }}
    end as funding_zscore,

    sum_available_at,
    zscore_available_at,
from windows_measured
where funding_rate is not null
