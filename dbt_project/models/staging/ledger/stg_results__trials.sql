-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/trials/*.parquet', [
        {'name': 'trial_id', 'type': 'varchar'},
        {'name': 'model_id', 'type': 'varchar'},
        {'name': 'experiment', 'type': 'varchar'},
        {'name': 'algorithm', 'type': 'varchar'},
        {'name': 'kind', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'parameters_fingerprint', 'type': 'varchar'},
        {'name': 'build_id', 'type': 'varchar'},
        {'name': 'feature_count', 'type': 'integer'},
        {'name': 'row_count', 'type': 'bigint'},
        {'name': 'auc', 'type': 'double'},
        {'name': 'auc_low', 'type': 'double'},
        {'name': 'auc_high', 'type': 'double'},
        {'name': 'accuracy', 'type': 'double'},
        {'name': 'majority_rate', 'type': 'double'},
        {'name': 'log_loss', 'type': 'double'},
        {'name': 'brier', 'type': 'double'},
        {'name': 'first_bar_at', 'type': 'timestamp'},
        {'name': 'last_bar_at', 'type': 'timestamp'},
        {'name': 'created_at', 'type': 'timestamp'},
    ]) }}

)

select
    trial_id,

    model_id,
    experiment,
    algorithm,
    kind,
    coin,
    parameters_fingerprint,
    build_id,

    feature_count,
    row_count,
    auc,
    auc_low,
    auc_high,
    accuracy,
    majority_rate,
    log_loss,
    brier,

    first_bar_at,
    last_bar_at,
    created_at,
from source
