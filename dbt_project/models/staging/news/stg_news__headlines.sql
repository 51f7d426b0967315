-- Headlines of every source. A headline stored twice keeps the row seen first, as a
-- live reader had it. Votes are counted after publication: for audit, never a feature.
-- depends_on: {{ source('raw', 'headlines') }}
with source as (

    {{ source_rows('raw/headlines/**/*.parquet', raw_columns([
        {'name': 'headline_id', 'type': 'varchar'},
        {'name': 'title', 'type': 'varchar'},
        {'name': 'news_source', 'type': 'varchar'},
        {'name': 'url', 'type': 'varchar'},
        {'name': 'text', 'type': 'varchar'},
        {'name': 'votes', 'type': 'varchar'},
        {'name': 'published_at', 'type': 'timestamp'},
        {'name': 'first_seen_at', 'type': 'timestamp'},
    ])) }}

)

select
    headline_id,

    title,
    news_source,
    url,
    text as body,
    votes,
    source,
    origin,
    ingest_id,

    published_at,
    first_seen_at,
    event_at,
    available_at,
from source
qualify
    row_number() over (
        partition by headline_id order by available_at, ingest_id
    ) = 1
