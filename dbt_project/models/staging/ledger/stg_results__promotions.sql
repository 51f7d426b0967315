-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/promotions/*.parquet', [
        {'name': 'promotion_id', 'type': 'varchar'},
        {'name': 'model_id', 'type': 'varchar'},
        {'name': 'experiment', 'type': 'varchar'},
        {'name': 'action', 'type': 'varchar'},
        {'name': 'reason', 'type': 'varchar'},
        {'name': 'created_at', 'type': 'timestamp'},
    ]) }}

)

select
    promotion_id,

    model_id,
    experiment,
    action,
    reason,

    created_at,
from source
