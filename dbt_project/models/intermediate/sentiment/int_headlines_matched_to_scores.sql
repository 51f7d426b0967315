-- Headlines with the score of the scorer in use and the bars that may read them: from
-- the first bar that closes after publication and decides after the headline was seen,
-- to the last whose window still reaches back to it.
with headlines as (

    select
        headline_id,
        title,
        event_at,
        available_at,
    from {{ ref('stg_news__headlines') }}

),

scores as (

    select
        headline_id,
        scorer,
        score,
        is_abstained,
    from {{ ref('stg_sentiment__scores') }}

)

select
    headlines.headline_id,

    coalesce(
        nullif({{ normalised_title('headlines.title') }}, ''), headlines.headline_id
    ) as title_key,

    case when not scores.is_abstained then scores.score end as score,

    greatest(
        {{ bar_closed_at('headlines.event_at') }},
        {{ bar_first_deciding('headlines.available_at') }}
    ) as first_bar_closed_at,
    {{ floor_to(
        seconds_after('headlines.event_at', hours_s(var('sentiment_window_hours'))),
        bar_seconds()
    ) }} as last_bar_closed_at,
    headlines.event_at,
    headlines.available_at,
from headlines
left join scores
    on
        headlines.headline_id = scores.headline_id
        and scores.scorer = '{{ var("sentiment_scorer") }}'
