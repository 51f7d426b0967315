-- Trades to bars, per source, twice: from rows known at the decision, and from all rows
-- (`final_`). Signed volume is positive where the aggressor bought. Day by day: only
-- days whose files, code or parameters changed are read again.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'day'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_superseded_folders(ref('stg_hyperliquid__trades')) }}",
) }}
{%- set changed = changed_folders([(ref('stg_hyperliquid__trades'), 0)]) %}
with days_changed as (
    {{ changed_day_rows(changed['days']) }}

),

trades as (

    select
        coin,
        source,
        cast(price as double) as price,
        cast(size_base as double) as size_base,
        aggressor_sign,
        {{ composite_key(['event_at', 'sequence', 'trade_id']) }} as order_key,
        available_at
        <= {{ decided_at(bar_closed_at('event_at')) }} as is_on_time,
        event_at >= {{ seconds_after(
            bar_opened_at(bar_closed_at('event_at')),
            var('decision_delay_s') + var('execution_latency_s')
        ) }} as is_executable,
        event_at,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_hyperliquid__trades') }}
    where
        price is not null
        and {{ is_in_changed_folders(changed) }}

),

trades_aggregated as (

    select
        coin,
        source,
        bar_closed_at,
        {{ day_of_bar('bar_closed_at') }} as day,
        {%- for prefix in ['', 'final_'] %}
        {%- set known = 'filter (where is_on_time)' if prefix == '' else '' %}
        min_by(price, order_key) {{ known }} as {{ prefix }}open,
        max(price) {{ known }} as {{ prefix }}high,
        min(price) {{ known }} as {{ prefix }}low,
        max_by(price, order_key) {{ known }} as {{ prefix }}close,
        count(*) {{ known }} as {{ prefix }}count_rows,
        {{ spans_bar(known) }} as {{ prefix }}is_complete,
        {%- endfor %}
        {{ order_free_sum('case when is_on_time then size_base end', 8) }} as volume,
        {{ order_free_sum('size_base', 8) }} as final_volume,
        {{ order_free_sum(
            'case when is_on_time then size_base * aggressor_sign end', 8
        ) }} as signed_volume,
        {{ order_free_sum('case when is_on_time then price * size_base end', 6) }}
            as volume_usd,
        {{ order_free_sum('case when is_on_time then size_base * size_base end', 8) }}
            as size_squares,
        count(*) filter (where is_on_time and aggressor_sign = 1) as count_buys,
        count(*) filter (where is_on_time and aggressor_sign = -1) as count_sells,
        max(size_base) filter (where is_on_time) as largest_size_base,
        min_by(price, order_key) filter (where is_executable) as execution_price,

        min(event_at) filter (where is_executable) as execution_at,
        max(available_at) as last_available_at,
    from trades
    group by coin, source, bar_closed_at

)

select
    trades_aggregated.coin,
    trades_aggregated.source,
    trades_aggregated.bar_closed_at,

    trades_aggregated.day,
    {{ fingerprint_of_day(changed) }} as fingerprint,

    trades_aggregated.open,
    trades_aggregated.high,
    trades_aggregated.low,
    trades_aggregated.close,
    trades_aggregated.count_rows,
    trades_aggregated.is_complete,
    trades_aggregated.final_open,
    trades_aggregated.final_high,
    trades_aggregated.final_low,
    trades_aggregated.final_close,
    trades_aggregated.final_count_rows,
    trades_aggregated.final_is_complete,
    trades_aggregated.volume,
    trades_aggregated.final_volume,
    trades_aggregated.signed_volume,
    trades_aggregated.volume_usd,
    trades_aggregated.size_squares,
    trades_aggregated.count_buys,
    trades_aggregated.count_sells,
    trades_aggregated.largest_size_base,
    trades_aggregated.execution_price,

    trades_aggregated.execution_at,
    trades_aggregated.last_available_at,
from trades_aggregated
{{ join_days_changed('trades_aggregated', changed) }}
