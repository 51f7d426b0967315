-- Every fit that was evaluated; their number deflates the Sharpe ratio of the best.
with stg_results__trials as (

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
    from {{ ref('stg_results__trials') }}

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
from stg_results__trials
