-- Predictions of every model, as its training or the trading cycle exported them.
with stg_results__predictions as (

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
    from {{ ref('stg_results__predictions') }}

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
from stg_results__predictions
