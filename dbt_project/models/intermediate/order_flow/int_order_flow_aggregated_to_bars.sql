-- Order flow of each bar from one source: the adopted files where they have a row in
-- the bar, else our own books. The choice looks at the bar alone, so adopting a later
-- month changes no earlier bar.
{%- set own_only = [
    'ofi_base', 'ofi_balance', 'ofi_to_depth', 'queue_imbalance_mean',
    'queue_imbalance_last', 'microprice_bps_mean', 'microprice_bps_last',
] %}
with adopted as (

    select
        coin,
        source,
        bar_closed_at,
        {%- for name in order_flow_statistic_names() %}
        {{ name }},
        {%- endfor %}
        {%- for name in own_only %}
        cast(null as double) as {{ name }},
        {%- endfor %}
        count_rows,
        count_crossed,
    from {{ ref('int_lakehouse_order_flow_aggregated_to_bars') }}

),

own as (

    select
        coin,
        source,
        bar_closed_at,
        {%- for name in order_flow_statistic_names() + own_only %}
        {{ name }},
        {%- endfor %}
        count_rows,
        count_crossed,
    from {{ ref('int_book_order_flow_aggregated_to_bars') }}

),

sources_unioned as (

    {%- for rows in ['adopted', 'own'] %}
    select
        coin,
        source,
        bar_closed_at,
        {%- for name in order_flow_statistic_names() + own_only %}
        {{ name }},
        {%- endfor %}
        count_rows,
        count_crossed,
    from {{ rows }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    coin,
    bar_closed_at,

    source,

    {%- for name in order_flow_statistic_names() + own_only %}
    {{ name }},
    {%- endfor %}
    count_rows,
    count_crossed,
from sources_unioned
qualify
    row_number() over (
        partition by coin, bar_closed_at
        order by {{ source_rank('source') }}, source
    ) = 1
