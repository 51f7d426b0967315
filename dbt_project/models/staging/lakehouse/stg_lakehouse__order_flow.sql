-- Adopted order-flow files, read in place through the registries of the raw lake. The
-- mid and the spread follow from the best quotes where the files lack them; nothing is
-- deduplicated and no window runs here, because months hold millions of rows.
-- depends_on: {{ source('raw', 'adopted_files') }}
-- depends_on: {{ source('raw', 'adopted_columns') }}
{%- set derived = {
    'mid_price': midpoint('best_bid', 'best_ask'),
    'spread': 'best_ask - best_bid',
    'spread_bps': spread_in_bps('best_bid', 'best_ask'),
} %}

with source as (

    {{ order_flow_file_rows() }}

)

select
    coin,
    'lakehouse' as source,
    file_path,

    {%- for name in order_flow_names() %}
    {%- if name in derived %}
    coalesce({{ name }}, {{ derived[name] }}) as {{ name }},
    {%- else %}
    {{ name }},
    {%- endif %}
    {%- endfor %}
    sequence,

    event_at,
    {{ seconds_after('event_at', var('order_flow_delay_s')) }} as available_at,
from source
where event_at is not null
