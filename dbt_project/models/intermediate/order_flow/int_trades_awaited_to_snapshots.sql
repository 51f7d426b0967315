-- What a live reader of a recorded book did not know yet: the newest of the trades that
-- happened by then, count at their bar's decision and arrived after the book's row.
-- Trades that took long meet the books of every minute of their way; most took none.
{{ config(materialized='view') }}
{%- set step = var('trade_window_s') %}
with books as (

    select
        coin,
        source,
        sequence,
        event_at,
        {{ floor_to('event_at', step) }} as minute_at,
        greatest(
            available_at,
            {{ seconds_after('event_at', var('order_flow_delay_s')) }}
        ) as available_at,
    from {{ ref('int_book_snapshots_quoted_to_rows') }}
    where available_at <= {{ decided_at(bar_closed_at('event_at')) }}

),

trades_spread as (

    select
        coin,
        source,
        event_at,
        available_at,
        {{ moments_between(
            floor_to('event_at', step), floor_to('available_at', step), step
        ) }} as minute_at,
    from {{ ref('stg_hyperliquid__trades') }}
    where
        aggressor_sign is not null
        and available_at > {{ seconds_after('event_at', var('order_flow_delay_s')) }}
        and available_at <= {{ decided_at(bar_closed_at('event_at')) }}

)

select
    books.coin,
    books.source,
    books.sequence,

    books.event_at,
    max(trades_spread.event_at) as awaited_at,
from books
inner join trades_spread
    on
        books.coin = trades_spread.coin
        and books.source = trades_spread.source
        and books.minute_at = trades_spread.minute_at
        and books.event_at >= trades_spread.event_at
        and books.available_at < trades_spread.available_at
group by books.coin, books.source, books.sequence, books.event_at
