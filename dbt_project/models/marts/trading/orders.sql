-- Orders as the ledger knows them; an order is in the ledger before it is on the wire.
with stg_ledger__orders as (

    select
        order_id,

        decision_id,
        venue,
        account,
        coin,
        leg,
        side,
        kind,
        state,
        reject_reason,

        attempt,
        size_base,
        limit_price,
        venue_order_id,

        is_reduce_only,

        bar_closed_at,
        intended_at,
        sent_at,
        updated_at,
    from {{ ref('stg_ledger__orders') }}

)

select
    order_id,

    decision_id,
    venue,
    account,
    coin,
    leg,
    side,
    kind,
    state,
    reject_reason,

    attempt,
    size_base,
    limit_price,
    venue_order_id,

    is_reduce_only,

    bar_closed_at,
    intended_at,
    sent_at,
    updated_at,
from stg_ledger__orders
