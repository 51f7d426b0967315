-- Sentiment that a decision could read: headlines published in the window before the
-- bar's close and seen by its decision. A story sent twice within the window counts
-- once, at its first publication. Headlines are not tied to a coin. One bad headline is
-- no bad mood: the lower bound and the z-score know how many the mean is made of. A mean
-- of scores cannot lie below -1, so its bound stops there.
{%- set lower_bound = (
    'sentiment_decayed - ' ~ var('sentiment_bound_errors') ~ ' * sentiment_error'
) %}
{%- set window_bars = [
    (var('sentiment_window_hours') * 60 / divisor(var('bar_minutes'))) | round | int, 1
] | max %}
with bars as (

    select
        coin,
        bar_closed_at,
        decided_at,
    from {{ ref('bars') }}

),

headlines as (

    select
        headline_id,
        title_key,
        score,
        first_bar_closed_at,
        last_bar_closed_at,
        event_at,
    from {{ ref('int_headlines_matched_to_scores') }}

),

pools as (

    select
        score_mean,
        score_deviation,
        bar_closed_at,
    from {{ ref('int_sentiment_pooled_to_bars') }}

),

headlines_spread as (

    select
        headline_id,
        title_key,
        score,
        event_at,
        {{ moments_between(
            'first_bar_closed_at', 'last_bar_closed_at', bar_seconds()
        ) }} as bar_closed_at,
    from headlines
    where first_bar_closed_at <= last_bar_closed_at

),

headlines_deduplicated as (

    select
        score,
        {{ seconds_between('event_at', 'bar_closed_at') }} as age_s,
        bar_closed_at,
    from headlines_spread
    qualify
        row_number() over (
            partition by bar_closed_at, title_key order by event_at, headline_id
        ) = 1

),

headlines_weighted as (

    select
        score,
        age_s,
        case
            when score is not null
                then {{ weight_of_age(
                    'age_s', hours_s(var('sentiment_half_life_hours'))
                ) }}
        end as weight,
        bar_closed_at,
    from headlines_deduplicated

),

headlines_averaged as (

    select
        {{ order_free_mean('score', 12) }} as sentiment_mean,
        {{ safe_divide(
            order_free_sum('weight * score', 15), order_free_sum('weight', 15)
        ) }} as sentiment_decayed,
        {{ safe_divide(
            'power(' ~ order_free_sum('weight', 15) ~ ', 2)',
            order_free_sum('weight * weight', 15)
        ) }} as effective_count,
        case
            when count(score) > 1 then {{ order_free_deviation('score', 9) }}
        end as sentiment_deviation,
        min(score) as sentiment_min,
        min(case when score is not null then age_s end) as sentiment_age_s,
        count(*) as count_headlines,
        count(score) as count_scored,
        bar_closed_at,
    from headlines_weighted
    group by bar_closed_at

),

-- A silent source and a quiet day look alike. The source is taken to cover a window
-- when it had begun before the window and has not been silent for too long.
closings_listed as (

    select
        bar_closed_at,
        cast(null as timestamp) as event_at,
        true as is_bar,
    from bars
    group by bar_closed_at

    union all

    select
        first_bar_closed_at as bar_closed_at,
        event_at,
        false as is_bar,
    from headlines

),

coverage_measured as (

    select
        min(event_at) over known_so_far as first_event_at,
        max(event_at) over known_so_far as last_event_at,
        is_bar,
        bar_closed_at,
    from closings_listed
    window known_so_far as (
        order by bar_closed_at
        range between unbounded preceding and current row
    )

),

closings_covered as (

    select
        {{ seconds_between('first_event_at', 'bar_closed_at') }}
        >= {{ hours_s(var('sentiment_window_hours')) }}
        and {{ seconds_between('last_event_at', 'bar_closed_at') }}
        <= {{ hours_s(var('headline_cover_hours')) }} as is_covered,
        bar_closed_at,
    from coverage_measured
    where is_bar

),

bars_joined as (

    select
        bars.coin,
        headlines_averaged.sentiment_mean,
        headlines_averaged.sentiment_decayed,
        headlines_averaged.sentiment_min,
        headlines_averaged.sentiment_deviation,
        headlines_averaged.effective_count,
        headlines_averaged.sentiment_age_s,
        {{ safe_divide(
            'pools.score_deviation', 'sqrt(headlines_averaged.effective_count)'
        ) }} as sentiment_error,
        pools.score_mean,
        headlines_averaged.count_headlines,
        headlines_averaged.count_scored,
        coalesce(closings_covered.is_covered, false) as is_covered,
        bars.bar_closed_at,
        bars.decided_at,
    from bars
    left join headlines_averaged
        on bars.bar_closed_at = headlines_averaged.bar_closed_at
    left join pools
        on bars.bar_closed_at = pools.bar_closed_at
    left join closings_covered
        on bars.bar_closed_at = closings_covered.bar_closed_at

)

select
    coin,
    bar_closed_at,

    '{{ var("sentiment_scorer") }}' as scorer,

    sentiment_mean,
    sentiment_decayed,
    sentiment_min,
    sentiment_deviation,
    score_mean as sentiment_mean_long,
    sentiment_error,
    case when {{ lower_bound }} < -1 then -1 else {{ lower_bound }} end
        as sentiment_lower,
    {{ safe_divide('sentiment_decayed - score_mean', 'sentiment_error') }}
        as sentiment_zscore,
    sentiment_decayed - {{ bars_ago('sentiment_decayed', window_bars) }}
        as sentiment_change,
    effective_count,
    sentiment_age_s,
    cast(coalesce(count_headlines, case when is_covered then 0 end) as bigint)
        as count_headlines,
    cast(coalesce(count_scored, case when is_covered then 0 end) as bigint)
        as count_scored,

    is_covered,

    decided_at,
from bars_joined
