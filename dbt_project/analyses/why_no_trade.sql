-- Why was there no trade?
select
    decision_id,
    bar_closed_at,
    target_base,
    gate ->> 'gate' as gate,
    cast(gate ->> 'passed' as boolean) as passed,
    gate ->> 'detail' as detail,
from (
    select
        decision_id,
        bar_closed_at,
        target_base,
        unnest(cast(gates as json[])) as gate,
    from {{ ref('decisions') }}
)
order by bar_closed_at, decision_id, passed
