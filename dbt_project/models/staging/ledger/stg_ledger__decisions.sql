-- Typed, in naive UTC; no rows until something is exported.
with source as (

    {{ source_rows('results/decisions/*.parquet', [
        {'name': 'decision_id', 'type': 'varchar'},
        {'name': 'venue', 'type': 'varchar'},
        {'name': 'account', 'type': 'varchar'},
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'policy', 'type': 'varchar'},
        {'name': 'model_id', 'type': 'varchar'},
        {'name': 'quality_verdict', 'type': 'varchar'},
        {'name': 'gates', 'type': 'varchar'},
        {'name': 'risk_state', 'type': 'varchar'},
        {'name': 'parameters_fingerprint', 'type': 'varchar'},
        {'name': 'build_id', 'type': 'varchar'},
        {'name': 'probability_up', 'type': 'double'},
        {'name': 'regime', 'type': 'integer'},
        {'name': 'sentiment', 'type': 'double'},
        {'name': 'price', 'type': 'double'},
        {'name': 'atr', 'type': 'double'},
        {'name': 'position_before_base', 'type': 'double'},
        {'name': 'target_base', 'type': 'double'},
        {'name': 'bar_closed_at', 'type': 'timestamp'},
        {'name': 'decided_at', 'type': 'timestamp'},
    ]) }}

)

select
    decision_id,

    venue,
    account,
    coin,
    policy,
    model_id,
    quality_verdict,
    gates,
    risk_state,
    parameters_fingerprint,
    build_id,

    probability_up,
    regime,
    sentiment,
    price,
    atr,
    position_before_base,
    target_base,

    bar_closed_at,
    decided_at,
from source
