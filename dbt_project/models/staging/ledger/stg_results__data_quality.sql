-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/data_quality/*.parquet', [
        {'name': 'check_id', 'type': 'varchar'},
        {'name': 'finding_number', 'type': 'bigint'},
        {'name': 'check_name', 'type': 'varchar'},
        {'name': 'severity', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'source', 'type': 'varchar'},
        {'name': 'evidence', 'type': 'varchar'},
        {'name': 'remedy', 'type': 'varchar'},
        {'name': 'first_at', 'type': 'timestamp'},
        {'name': 'last_at', 'type': 'timestamp'},
        {'name': 'checked_at', 'type': 'timestamp'},
    ]) }}

)

select
    check_id,
    finding_number,

    check_name,
    severity,
    coin,
    source,
    evidence,
    remedy,

    first_at,
    last_at,
    checked_at,
from source
