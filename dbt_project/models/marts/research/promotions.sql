-- Which model became champion, when and why.
with stg_results__promotions as (

    select
        promotion_id,

        model_id,
        experiment,
        action,
        reason,

        created_at,
    from {{ ref('stg_results__promotions') }}

)

select
    promotion_id,

    model_id,
    experiment,
    action,
    reason,

    created_at,
from stg_results__promotions
