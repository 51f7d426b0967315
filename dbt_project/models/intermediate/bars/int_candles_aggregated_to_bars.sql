-- Candles to bars, per source and interval that divides the bar, twice: from rows known
-- at the decision, and from all rows (`final_`). A candle's prices are its open at its
-- open time and its close at its right edge; a fill takes the first of them that comes
-- late enough after the previous bar's decision.
with candles as (

    select
        coin,
        source,
        interval_s,
        cast(open as double) as open,
        cast(high as double) as high,
        cast(low as double) as low,
        cast(close as double) as close,
        cast(volume as double) as volume,
        opened_at,
        event_at,
        available_at,
        {{ bar_closed_at_edge('event_at') }} as bar_closed_at,
    from {{ ref('stg_hyperliquid__candles') }}
    where
        {{ bar_seconds() }} % interval_s = 0
        and close is not null

),

candles_placed as (

    select
        coin,
        source,
        interval_s,
        open,
        high,
        low,
        close,
        volume,
        available_at <= {{ decided_at('bar_closed_at') }} as is_on_time,
        opened_at,
        event_at,
        available_at,
        bar_closed_at,
        {{ seconds_after(
            bar_opened_at('bar_closed_at'),
            var('decision_delay_s') + var('execution_latency_s')
        ) }} as executable_from_at,
    from candles

)

select
    coin,
    source,
    interval_s,
    bar_closed_at,

    {%- for prefix in ['', 'final_'] %}
    {%- set known = 'filter (where is_on_time)' if prefix == '' else '' %}
    min_by(open, event_at) {{ known }} as {{ prefix }}open,
    max(high) {{ known }} as {{ prefix }}high,
    min(low) {{ known }} as {{ prefix }}low,
    max_by(close, event_at) {{ known }} as {{ prefix }}close,
    count(*) {{ known }} as {{ prefix }}count_rows,
    {%- endfor %}
    {{ order_free_sum('case when is_on_time then volume end', 8) }} as volume,
    {{ order_free_sum('volume', 8) }} as final_volume,
    case
        when
            min(opened_at) filter (where opened_at >= executable_from_at)
            <= min(event_at) filter (where event_at >= executable_from_at)
            then min_by(open, opened_at) filter (where opened_at >= executable_from_at)
        else min_by(close, event_at) filter (where event_at >= executable_from_at)
    end as execution_price,

    count(*) filter (where is_on_time) * interval_s = {{ bar_seconds() }}
        as is_complete,
    count(*) * interval_s = {{ bar_seconds() }} as final_is_complete,

    least(
        min(opened_at) filter (where opened_at >= executable_from_at),
        min(event_at) filter (where event_at >= executable_from_at)
    ) as execution_at,
    max(available_at) as last_available_at,
from candles_placed
group by coin, source, interval_s, bar_closed_at
