-- Open positions at each marking.
with stg_ledger__positions as (

    select
        venue,
        account,
        coin,
        marked_at,

        position_base,
        entry_price,
        mark_price,
        unrealised_usd,
        liquidation_price,
    from {{ ref('stg_ledger__positions') }}

)

select
    venue,
    account,
    coin,
    marked_at,

    position_base,
    entry_price,
    mark_price,
    unrealised_usd,
    liquidation_price,
from stg_ledger__positions
