-- What the risk guard did and why.
with stg_ledger__risk_events as (

    select
        event_id,

        venue,
        account,
        state_from,
        state_to,
        code,
        detail,

        happened_at,
    from {{ ref('stg_ledger__risk_events') }}

)

select
    event_id,

    venue,
    account,
    state_from,
    state_to,
    code,
    detail,

    happened_at,
from stg_ledger__risk_events
