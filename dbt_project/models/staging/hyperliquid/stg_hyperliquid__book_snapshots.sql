-- Book snapshots of up to 20 levels a side, wide, best first; absent levels are null.
-- The lake stores a key once, so nothing is deduplicated here.
-- depends_on: {{ source('raw', 'book_snapshots') }}
{%- set sides = ['bid', 'ask'] %}
{%- set columns = [
    {'name': 'coin', 'type': 'varchar'},
    {'name': 'sequence', 'type': 'bigint'},
] %}
{%- for side in sides %}
{%- for level in range(1, book_levels() + 1) %}
{%- do columns.append({'name': side ~ '_price_' ~ level, 'type': 'decimal(18, 8)'}) %}
{%- do columns.append({'name': side ~ '_size_' ~ level, 'type': 'decimal(18, 8)'}) %}
{%- do columns.append({'name': side ~ '_count_' ~ level, 'type': 'integer'}) %}
{%- endfor %}
{%- endfor %}

with source as (

    {{ source_rows(
        'raw/book_snapshots/**/*.parquet', raw_columns(columns), with_folder=true
    ) }}

)

select
    coin,
    source,
    origin,
    ingest_id,
    lake_folder,

    sequence,
    {%- for side in sides %}
    {%- for level in range(1, book_levels() + 1) %}
    {{ side }}_price_{{ level }},
    {{ side }}_size_{{ level }} as {{ side }}_size_{{ level }}_base,
    {{ side }}_count_{{ level }} as count_{{ side }}_orders_{{ level }},
    {%- endfor %}
    {%- endfor %}

    event_at,
    available_at,
from source
