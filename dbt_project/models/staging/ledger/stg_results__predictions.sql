-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/predictions/*.parquet', [
        {'name': 'model_id', 'type': 'varchar'},
        {'name': 'kind', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'bar_closed_at', 'type': 'timestamp'},
        {'name': 'experiment', 'type': 'varchar'},
        {'name': 'probability_up', 'type': 'double'},
        {'name': 'standing', 'type': 'double'},
        {'name': 'fold', 'type': 'integer'},
        {'name': 'predicted_at', 'type': 'timestamp'},
    ]) }}

)

select
    model_id,
    kind,
    coin,
    bar_closed_at,

    experiment,

    probability_up,
    standing,
    fold,

    predicted_at,
from source
