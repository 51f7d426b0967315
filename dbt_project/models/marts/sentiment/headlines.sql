-- What was published, when it was first seen, and how the scorer in use reads it.
with headlines as (

    select
        headline_id,
        title,
        news_source,
        url,
        votes,
        source,
        published_at,
        first_seen_at,
        available_at,
    from {{ ref('stg_news__headlines') }}

),

scores as (

    select
        headline_id,
        scorer,
        scorer_version,
        probability_positive,
        probability_negative,
        probability_neutral,
        score,
        is_abstained,
    from {{ ref('stg_sentiment__scores') }}
    where scorer = '{{ var("sentiment_scorer") }}'

)

select
    headlines.headline_id,

    headlines.title,
    headlines.news_source,
    headlines.url,
    headlines.votes,
    headlines.source,
    scores.scorer,
    scores.scorer_version,

    scores.score,
    scores.probability_positive,
    scores.probability_negative,
    scores.probability_neutral,

    scores.is_abstained,

    headlines.published_at,
    headlines.first_seen_at,
    headlines.available_at,
    headlines.available_at as known_at,
from headlines
left join scores
    on headlines.headline_id = scores.headline_id
