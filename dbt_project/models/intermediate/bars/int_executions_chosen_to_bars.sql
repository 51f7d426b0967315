-- First price that a decision taken at the previous bar can be filled at: at or after
-- that decision plus the latency, inside this bar. Quotes before trades before candles.
with quotes as (

    select
        coin,
        'mid' as execution_price_source,
        source,
        0 as interval_s,
        execution_price,
        coalesce(final_is_complete, false) as is_complete,
        execution_at,
        bar_closed_at,
    from {{ ref('int_quotes_aggregated_to_bars') }}

),

trades as (

    select
        coin,
        'trades' as execution_price_source,
        source,
        0 as interval_s,
        execution_price,
        coalesce(final_is_complete, false) as is_complete,
        execution_at,
        bar_closed_at,
    from {{ ref('int_trades_aggregated_to_bars') }}

),

candles as (

    select
        coin,
        'candles' as execution_price_source,
        source,
        interval_s,
        execution_price,
        final_is_complete as is_complete,
        execution_at,
        bar_closed_at,
    from {{ ref('int_candles_aggregated_to_bars') }}

),

candidates_unioned as (

    {%- for kind in ['quotes', 'trades', 'candles'] %}
    select
        coin,
        execution_price_source,
        source,
        interval_s,
        execution_price,
        is_complete,
        execution_at,
        bar_closed_at,
    from {{ kind }}
    where execution_price is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

candidates_kept as (

    select
        coin,
        execution_price_source,
        source,
        interval_s,
        execution_price,
        is_complete,
        execution_at,
        bar_closed_at,
    from candidates_unioned
    qualify
        {{ is_own_source('source') }}
        or {{ is_before_own_sources('source') }}

)

select
    coin,
    bar_closed_at,

    execution_price_source,

    execution_price,

    execution_at,
from candidates_kept
qualify
    row_number() over (
        partition by coin, bar_closed_at
        order by
            is_complete desc,
            {{ price_source_rank('execution_price_source') }},
            {{ source_rank('source') }},
            source,
            interval_s
    ) = 1
