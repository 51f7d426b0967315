-- Verdict on the data behind each decision, from the defects inside the trailing window
-- that features read: an old gap blocks nothing once it has left the window. FAIL
-- blocks entries, WARN is recorded. The benchmark coin counts, as cross-asset features
-- read it, from its own first price on: a source that never was there fails nothing. Funding due at a bar's own right edge settles after the
-- decision, so it is judged one bar later.
{%- set checks = {
    'fail': [
        'missing_price', 'stale_price', 'crossed_book', 'impossible_price',
        'missing_benchmark',
    ],
    'warn': [
        'zero_volume', 'return_outlier', 'missing_funding', 'stale_order_flow',
        'recording_gap',
    ],
} %}
with bars as (

    select
        coin,
        bar_closed_at,
        open,
        high,
        low,
        close,
        volume,
        has_price,
        decided_at,
    from {{ ref('bars') }}

),

benchmarks as (

    select
        bar_closed_at,
        has_price,
    from bars
    where coin = '{{ var("benchmark_coin") }}'

),

order_flow as (

    select
        coin,
        bar_closed_at,
        count_rows,
        count_crossed,
    from {{ ref('int_quotes_counted_to_bars') }}

),

bar_returns as (

    select
        coin,
        bar_closed_at,
        return_sigmas,
    from {{ ref('int_bar_returns_scaled_to_bars') }}

),

funding_rates as (

    select
        coin,
        bar_closed_at,
        count_funding_expected,
        count_funding_next,
    from {{ ref('int_funding_rates_aggregated_to_bars') }}

),

recording_gaps as (

    select
        coin,
        bar_closed_at,
        longest_gap_s,
    from {{ ref('int_recording_gaps_aggregated_to_bars') }}

),

bars_inspected as (

    select
        bars.coin,
        bars.bar_closed_at,
        bars.volume,
        bar_returns.return_sigmas,
        order_flow.count_rows as count_quotes,
        {{ safe_divide(
            'cast(order_flow.count_crossed as double)', 'order_flow.count_rows'
        ) }} as crossed_share,
        recording_gaps.longest_gap_s as recording_gap_s,
        lag(funding_rates.count_funding_expected) over coin_bars
            as count_funding_expected,
        lag(funding_rates.count_funding_next) over coin_bars as count_funding_next,
        bars.has_price,
        bars.coin = '{{ var("benchmark_coin") }}'
        or coalesce(benchmarks.has_price, false) as has_benchmark,
        bars.coin <> '{{ var("benchmark_coin") }}'
        and coalesce(bool_or(benchmarks.has_price) over coin_bars, false)
            as is_benchmark_due,
        bars.has_price and (
            bars.low <= 0
            or bars.high < bars.low
            or bars.open not between bars.low and bars.high
            or bars.close not between bars.low and bars.high
        ) as is_impossible,
        sum(case when bars.volume = 0 then 0 else 1 end) over coin_bars as volume_run,
        bars.decided_at,
    from bars
    left join benchmarks
        on bars.bar_closed_at = benchmarks.bar_closed_at
    left join order_flow
        on
            bars.coin = order_flow.coin
            and bars.bar_closed_at = order_flow.bar_closed_at
    left join bar_returns
        on
            bars.coin = bar_returns.coin
            and bars.bar_closed_at = bar_returns.bar_closed_at
    left join funding_rates
        on
            bars.coin = funding_rates.coin
            and bars.bar_closed_at = funding_rates.bar_closed_at
    left join recording_gaps
        on
            bars.coin = recording_gaps.coin
            and bars.bar_closed_at = recording_gaps.bar_closed_at
    window coin_bars as (partition by bars.coin order by bars.bar_closed_at)

),

runs_counted as (

    select
        coin,
        bar_closed_at,
        return_sigmas,
        count_quotes,
        crossed_share,
        recording_gap_s,
        count_funding_expected,
        count_funding_next,
        has_price,
        is_benchmark_due and not has_benchmark as is_benchmark_missing,
        is_impossible,
        sum(case when volume = 0 then 1 else 0 end) over (
            partition by coin, volume_run order by bar_closed_at
        ) as zero_volume_run_bars,
        decided_at,
    from bars_inspected

),

windows_measured as (

    select
        coin,
        bar_closed_at,
        cast(sum(case when has_price then 0 else 1 end) over recent as double)
        / count(*) over recent as missing_price_share,
        cast(sum(case when is_benchmark_missing then 1 else 0 end) over recent as double)
        / count(*) over recent as missing_benchmark_share,
        max(crossed_share) over recent as largest_crossed_share,
        max(return_sigmas) over recent as largest_return_sigmas,
        max(recording_gap_s) over recent as recording_gap_s,
        max(zero_volume_run_bars) over recent as zero_volume_run_bars,
        sum(case when is_impossible then 1 else 0 end) over recent
            as count_impossible_bars,
        case
            when sum(count_funding_next) over (
                partition by coin order by bar_closed_at
            ) > 0
                then sum(count_funding_expected - count_funding_next) over recent
        end as count_funding_missing,
        has_price,
        count_quotes is null and max(count_quotes) over recent is not null
            as is_order_flow_stale,
        decided_at,
    from runs_counted
    window recent as (
        partition by coin
        order by bar_closed_at
        rows between {{ var('quality_window_bars') - 1 }} preceding and current row
    )

),

checks_evaluated as (

    select
        coin,
        bar_closed_at,
        missing_price_share,
        missing_benchmark_share,
        largest_crossed_share,
        largest_return_sigmas,
        recording_gap_s,
        cast(zero_volume_run_bars as bigint) as zero_volume_run_bars,
        cast(count_funding_missing as bigint) as count_funding_missing,
        missing_price_share > {{ var('quality_max_missing_share') }} as missing_price,
        not has_price as stale_price,
        missing_benchmark_share > {{ var('quality_max_missing_share') }}
            as missing_benchmark,
        coalesce(largest_crossed_share > {{ var('quality_crossed_share') }}, false)
            as crossed_book,
        count_impossible_bars > 0 as impossible_price,
        zero_volume_run_bars >= {{ var('quality_zero_volume_bars') }} as zero_volume,
        coalesce(
            largest_return_sigmas > {{ var('quality_outlier_sigmas') }}, false
        ) as return_outlier,
        coalesce(count_funding_missing > 0, false) as missing_funding,
        is_order_flow_stale as stale_order_flow,
        coalesce(recording_gap_s >= {{ var('quality_gap_s') }}, false) as recording_gap,
        decided_at,
    from windows_measured

),

checks_counted as (

    select
        coin,
        bar_closed_at,
        {%- for severity, names in checks.items() %}
        cast(
            {%- for name in names %}
            case when {{ name }} then 1 else 0 end
            {%- if not loop.last %} +{% endif %}
            {%- endfor %} as bigint
        ) as count_{{ severity }},
        concat_ws(
            ',',
            {%- for name in names %}
            case when {{ name }} then '{{ name }}' end
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        ) as {{ severity }}_checks,
        {%- endfor %}
        missing_price_share,
        missing_benchmark_share,
        largest_crossed_share,
        largest_return_sigmas,
        recording_gap_s,
        zero_volume_run_bars,
        count_funding_missing,
        decided_at,
    from checks_evaluated

)

select
    coin,
    bar_closed_at,

    case
        when count_fail > 0 then 'FAIL'
        when count_warn > 0 then 'WARN'
        else 'PASS'
    end as verdict,
    fail_checks as failed_checks,
    warn_checks as warned_checks,

    count_fail,
    count_warn,
    missing_price_share,
    missing_benchmark_share,
    largest_crossed_share,
    largest_return_sigmas,
    recording_gap_s,
    zero_volume_run_bars,
    count_funding_missing,

    decided_at,
from checks_counted
