{# Columns of a quote that bar prices read, with their place in the bar. #}
{% macro quotes_placed(relation, condition='true') %}
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
    from {{ relation }}
    where
        mid_price is not null
        and {{ condition }}
{% endmacro %}


{#
    Select list of a bar's quotes, twice: from rows known at the decision, and from all
    rows (`final_`). Late rows move only the second.
#}
{% macro quote_statistics() %}
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
{% endmacro %}


{# Names of those statistics, in order. #}
{% macro quote_statistic_names() -%}
    {{ return([
        'open', 'high', 'low', 'close', 'count_rows',
        'final_open', 'final_high', 'final_low', 'final_close', 'final_count_rows',
        'count_crossed', 'final_spread_bps', 'execution_price',
        'execution_at', 'last_available_at',
    ]) }}
{%- endmacro %}
