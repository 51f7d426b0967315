-- Order-flow files that were adopted in place, as their footers said then.
-- depends_on: {{ source('raw', 'adopted_files') }}
with source as (

    {{ source_rows('raw/adopted_files/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'file_path', 'type': 'varchar'},
        {'name': 'month', 'type': 'varchar'},
        {'name': 'row_count', 'type': 'bigint'},
        {'name': 'first_event_at', 'type': 'timestamp'},
        {'name': 'last_event_at', 'type': 'timestamp'},
    ])) }}

)

select
    coin,
    file_path,
    month,

    row_count as count_rows,

    first_event_at,
    last_event_at,
from source
