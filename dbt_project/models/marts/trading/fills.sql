-- Executed parts of orders, with the mid at the decision to measure slippage against.
with stg_ledger__fills as (

    select
        fill_id,

        order_id,
        venue,
        account,
        coin,
        side,

        size_base,
        price,
        fee_usd,
        mid_at_decision,

        is_taker,

        filled_at,
    from {{ ref('stg_ledger__fills') }}

)

select
    fill_id,

    order_id,
    venue,
    account,
    coin,
    side,

    size_base,
    price,
    fee_usd,
    mid_at_decision,

    is_taker,

    filled_at,
from stg_ledger__fills
