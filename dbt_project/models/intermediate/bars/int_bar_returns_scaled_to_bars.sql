-- Size of each bar's return against its own recent past: absolute log return over the
-- median absolute return of the bars before it, scaled to a normal deviation. A median
-- is not moved by the outliers that it is to find.
with bars as (

    select
        coin,
        bar_closed_at,
        close,
        lag(close) over (partition by coin order by bar_closed_at) as previous_close,
    from {{ ref('bars') }}

),

returns_measured as (

    select
        coin,
        bar_closed_at,
        case
            when close > 0 and previous_close > 0
                then abs(ln(close / nullif(previous_close, 0)))
        end as absolute_return,
    from bars

),

returns_compared as (

    select
        coin,
        bar_closed_at,
        absolute_return,
        {{ median_of('absolute_return') }} over recent as typical_return,
        count(absolute_return) over recent as count_returns,
    from returns_measured
    window recent as (
        partition by coin
        order by bar_closed_at
        rows between {{ var('realised_long_bars') }} preceding and 1 preceding
    )

)

select
    coin,
    bar_closed_at,

    absolute_return,
    case
        when count_returns >= {{ var('quality_window_bars') }}
            then {{ safe_divide(
                'absolute_return', 'typical_return * ' ~ normal_deviations_per_median()
            ) }}
    end as return_sigmas,
from returns_compared
