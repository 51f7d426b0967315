-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/feature_contributions/*.parquet', [
        {'name': 'model_id', 'type': 'varchar'},
        {'name': 'feature', 'type': 'varchar'},
        {'name': 'experiment', 'type': 'varchar'},
        {'name': 'algorithm', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'contribution_rank', 'type': 'bigint'},
        {'name': 'contribution', 'type': 'double'},
        {'name': 'contribution_low', 'type': 'double'},
        {'name': 'contribution_high', 'type': 'double'},
        {'name': 'absolute_share', 'type': 'double'},
        {'name': 'count_rows', 'type': 'bigint'},
        {'name': 'created_at', 'type': 'timestamp'},
    ]) }}

)

select
    model_id,
    feature,

    experiment,
    algorithm,
    coin,

    contribution_rank,
    contribution,
    contribution_low,
    contribution_high,
    absolute_share,
    count_rows,

    created_at,
from source
