-- Marked equity, the quantity that the drawdown limit reads.
with stg_ledger__equity as (

    select
        venue,
        account,
        marked_at,

        risk_state,

        equity_usd,
        cash_usd,
        position_base,
        mark_price,
        unrealised_usd,
        funding_paid_usd,
        peak_equity_usd,
    from {{ ref('stg_ledger__equity') }}

)

select
    venue,
    account,
    marked_at,

    risk_state,

    equity_usd,
    cash_usd,
    position_base,
    mark_price,
    unrealised_usd,
    funding_paid_usd,
    peak_equity_usd,
from stg_ledger__equity
