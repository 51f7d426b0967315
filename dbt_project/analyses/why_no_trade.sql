-- Why was there no trade?
select
    decision_id,
    bar_closed_at,
    target_base,
    gate.gate,
    gate.passed,
    gate.detail,
from (
    select
        decision_id,
        bar_closed_at,
        target_base,
        unnest(
            from_json(
                gates, '[{"gate":"VARCHAR","passed":"BOOLEAN","detail":"VARCHAR"}]'
            )
        ) as gate,
    from {{ ref('decisions') }}
)
order by bar_closed_at, decision_id, gate.passed
