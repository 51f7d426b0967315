-- Adopted order flow to bars in one pass: raw rows are never sorted and no window runs
-- over them, because a month has millions. Rows known at the decision only.
with order_flow as (

    select
        coin,
        source,
        {%- for name in order_flow_names() %}
        {{ name }},
        {%- endfor %}
        {{ order_key() }} as order_key,
        ({{ epoch_us('event_at') }} % {{ bar_seconds() * 1000000 }}) / 1000
            as offset_ms,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_lakehouse__order_flow') }}

)

select
    coin,
    source,
    bar_closed_at,

    {{- order_flow_statistics(only_own=false) }}
    count(*) as count_rows,
    count(*) filter (where best_bid >= best_ask) as count_crossed,
from order_flow
where available_at <= {{ decided_at('bar_closed_at') }}
group by coin, source, bar_closed_at
