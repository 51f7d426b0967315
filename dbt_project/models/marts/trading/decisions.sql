-- Every decision of the trading cycle, those to do nothing included, with its gates.
with stg_ledger__decisions as (

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
    from {{ ref('stg_ledger__decisions') }}

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
from stg_ledger__decisions
