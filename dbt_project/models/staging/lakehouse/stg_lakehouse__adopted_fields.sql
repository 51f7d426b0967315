-- Every column of every adopted file, read or not, by the file's footer.
-- depends_on: {{ source('raw', 'adopted_fields') }}
with source as (

    {{ source_rows('raw/adopted_fields/*.parquet', raw_columns([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'file_path', 'type': 'varchar'},
        {'name': 'month', 'type': 'varchar'},
        {'name': 'field_name', 'type': 'varchar'},
        {'name': 'column_name', 'type': 'varchar'},
        {'name': 'field_type', 'type': 'varchar'},
        {'name': 'row_count', 'type': 'bigint'},
        {'name': 'null_count', 'type': 'bigint'},
    ])) }}

)

select
    coin,
    file_path,
    month,
    field_name,
    column_name,
    field_type,

    row_count as count_rows,
    null_count as count_nulls,
from source
