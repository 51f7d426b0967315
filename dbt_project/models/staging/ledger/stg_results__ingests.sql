-- Typed, in naive UTC; no rows until an ingest has something to log.
with source as (

    {{ source_rows('results/ingests/*.parquet', [
        {'name': 'table', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'source', 'type': 'varchar'},
        {'name': 'interval', 'type': 'varchar'},
        {'name': 'ingest_id', 'type': 'varchar'},
        {'name': 'rows_read', 'type': 'bigint'},
        {'name': 'added', 'type': 'bigint'},
        {'name': 'duplicate', 'type': 'bigint'},
        {'name': 'conflicting', 'type': 'bigint'},
        {'name': 'refused', 'type': 'bigint'},
        {'name': 'repaired', 'type': 'bigint'},
        {'name': 'is_empty_reply', 'type': 'boolean'},
        {'name': 'note', 'type': 'varchar'},
        {'name': 'asked_from', 'type': 'timestamp'},
        {'name': 'asked_to', 'type': 'timestamp'},
        {'name': 'first_at', 'type': 'timestamp'},
        {'name': 'last_at', 'type': 'timestamp'},
        {'name': 'logged_at', 'type': 'timestamp'},
    ]) }}

)

select
    {{ identifier('table') }} as source_table,
    coin,
    source,
    {{ identifier('interval') }} as candle_interval,
    ingest_id,

    note,

    rows_read as count_read,
    added as count_added,
    duplicate as count_duplicate,
    conflicting as count_conflicting,
    refused as count_refused,
    repaired as count_repaired,

    is_empty_reply,

    asked_from,
    asked_to,
    first_at,
    last_at,
    logged_at,
from source
