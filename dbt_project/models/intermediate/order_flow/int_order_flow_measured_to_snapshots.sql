-- The lakehouse that our own recordings make: every column of the contract that books
-- give, by its name, and those of trades, from the best source of books in each bar.
-- What `export order-flow` writes.
{{ config(materialized='view') }}
with books as (

    select
        coin,
        source,
        sequence,
        {%- for column in order_flow_columns() if column['is_own'] %}
        {{ column['name'] }},
        {%- endfor %}
        event_at,
        greatest(
            available_at,
            {{ seconds_after('event_at', var('order_flow_delay_s')) }}
        ) as available_at,
    from {{ ref('int_book_snapshots_measured_to_order_flow') }}

),

trades as (

    select
        coin,
        source,
        sequence,
        {%- for name in trade_flow_columns() %}
        {{ name }},
        {%- endfor %}
        event_at,
    from {{ ref('int_trades_measured_to_snapshots') }}
    qualify
        rank() over (
            partition by coin, {{ bar_closed_at('event_at') }}
            order by {{ source_rank('source') }}, source
        ) = 1

)

select
    books.coin,
    books.source,
    books.sequence,

    {%- for column in order_flow_columns() if column['is_own'] %}
    books.{{ column['name'] }},
    {%- endfor %}
    {%- for name in trade_flow_columns() %}
    trades.{{ name }},
    {%- endfor %}

    books.event_at,
    books.available_at,
from books
inner join trades
    on
        books.coin = trades.coin
        and books.source = trades.source
        and books.event_at = trades.event_at
        and books.sequence = trades.sequence
