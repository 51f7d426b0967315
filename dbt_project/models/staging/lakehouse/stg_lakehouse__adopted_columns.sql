-- Columns of the order-flow contract that the adopted files of a coin have, under
-- which name and with which scale.
-- depends_on: {{ source('raw', 'adopted_columns') }}
with source as (

    {{ source_rows('raw/adopted_columns/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'column_name', 'type': 'varchar'},
        {'name': 'source_column', 'type': 'varchar'},
        {'name': 'scale', 'type': 'double'},
    ])) }}

)

select
    coin,
    column_name,
    source_column,

    scale,
from source
