-- Mid prices to bars, per source, twice: from rows known at the decision, and from all
-- rows (`final_`). Late rows move only the second.
with order_flow as (

    select
        coin,
        source,
        sequence,
        best_bid,
        best_ask,
        mid_price,
        spread_bps,
        event_at,
        available_at,
    from {{ ref('stg_lakehouse__order_flow') }}

),

book_quotes as (

    select
        coin,
        source,
        sequence,
        best_bid,
        best_ask,
        mid_price,
        spread_bps,
        event_at,
        available_at,
    from {{ ref('int_book_snapshots_quoted_to_rows') }}

),

quotes_unioned as (

    select
        coin,
        source,
        sequence,
        best_bid,
        best_ask,
        mid_price,
        spread_bps,
        event_at,
        available_at,
    from order_flow
    union all
    select
        coin,
        source,
        sequence,
        best_bid,
        best_ask,
        mid_price,
        spread_bps,
        event_at,
        available_at,
    from book_quotes

),

quotes_placed as (

    select
        coin,
        source,
        mid_price,
        spread_bps,
        {{ order_key() }} as order_key,
        best_bid >= best_ask as is_crossed,
        available_at
        <= {{ decided_at(bar_closed_at('event_at')) }} as is_on_time,
        event_at >= {{ seconds_after(
            bar_opened_at(bar_closed_at('event_at')),
            var('decision_delay_s') + var('execution_latency_s')
        ) }} as is_executable,
        event_at,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from quotes_unioned
    where mid_price is not null

)

select
    coin,
    source,
    bar_closed_at,

    {%- for prefix in ['', 'final_'] %}
    {%- set known = 'filter (where is_on_time)' if prefix == '' else '' %}
    min_by(mid_price, order_key) {{ known }} as {{ prefix }}open,
    max(mid_price) {{ known }} as {{ prefix }}high,
    min(mid_price) {{ known }} as {{ prefix }}low,
    max_by(mid_price, order_key) {{ known }} as {{ prefix }}close,
    count(*) {{ known }} as {{ prefix }}count_rows,
    {%- endfor %}
    count(*) filter (where is_on_time and is_crossed) as count_crossed,
    {{ order_free_mean('spread_bps', 8) }} as final_spread_bps,
    min_by(mid_price, order_key) filter (where is_executable) as execution_price,

    min(event_at) filter (where is_executable) as execution_at,
    max(available_at) as last_available_at,
from quotes_placed
group by coin, source, bar_closed_at
