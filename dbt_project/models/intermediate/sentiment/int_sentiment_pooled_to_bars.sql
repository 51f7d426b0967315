-- What headlines usually say: mean and deviation of the scores that became readable
-- in a long trailing window. A few headlines of a day cannot tell their own deviation;
-- this one tells how far their mean may lie from it by chance. A title that comes again
-- within the window of its last coming counts once.
with bars as (

    select bar_closed_at,
    from {{ ref('bars') }}
    group by bar_closed_at

),

headlines as (

    select
        headline_id,
        title_key,
        score,
        first_bar_closed_at,
        event_at,
    from {{ ref('int_headlines_matched_to_scores') }}
    where
        score is not null
        and first_bar_closed_at <= last_bar_closed_at

),

headlines_spaced as (

    select
        {{ bounded_integer('score', 9) }} as score,
        {{ seconds_between(
            'lag(first_bar_closed_at) over (
                partition by title_key
                order by first_bar_closed_at, event_at, headline_id
            )',
            'first_bar_closed_at'
        ) }} as since_last_s,
        first_bar_closed_at as bar_closed_at,
    from headlines

),

closings_summed as (

    select
        count(score) as count_scored,
        sum(score) as total,
        sum({{ exact_product('score', 'score') }}) as squares,
        false as is_bar,
        bar_closed_at,
    from headlines_spaced
    where
        since_last_s is null
        or since_last_s >= {{ hours_s(var('sentiment_long_hours')) }}
    group by bar_closed_at

    union all

    select
        0 as count_scored,
        0 as total,
        0 as squares,
        true as is_bar,
        bar_closed_at,
    from bars

),

windows_summed as (

    select
        is_bar,
        sum(count_scored) over long_window as count_scored,
        sum(total) over long_window as total,
        sum(squares) over long_window as squares,
        bar_closed_at,
    from closings_summed
    window long_window as (
        order by {{ epoch_us('bar_closed_at') }}
        range between
        {{ hours_s(var('sentiment_long_hours')) * 1000000 - 1 }} preceding
        and current row
    )

)

select
    bar_closed_at,

    cast(count_scored as bigint) as count_scored,
    case
        when count_scored >= {{ var('sentiment_least_headlines') }}
            then {{ safe_divide(value_of_sum('total', 9), 'count_scored') }}
    end as score_mean,
    case
        when count_scored >= {{ var('sentiment_least_headlines') }}
            then {{ deviation_of_sums('count_scored', 'total', 'squares', 9) }}
    end as score_deviation,
from windows_summed
where is_bar
