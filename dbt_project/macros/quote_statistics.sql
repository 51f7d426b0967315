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
    {{ spans_bar(known) }} as {{ prefix }}is_complete,
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
        'open', 'high', 'low', 'close', 'count_rows', 'is_complete',
        'final_open', 'final_high', 'final_low', 'final_close', 'final_count_rows',
        'final_is_complete',
        'count_crossed', 'final_spread_bps', 'execution_price',
        'execution_at', 'last_available_at',
    ]) }}
{%- endmacro %}


{#
    Whether the rows of a bar reach from its beginning to its end, so that their first
    and last price are its open and close: one book that was read in passing is no bar.
    `known` filters the rows; groups by `bar_closed_at`.
#}
{% macro spans_bar(known) -%}
    coalesce(
        count(*) {{ known }} >= {{ var('bar_least_rows') }}
        and {{ seconds_between(bar_opened_at('bar_closed_at'), 'min(event_at) ' ~ known) }}
        <= {{ var('bar_edge_share') }} * {{ bar_seconds() }}
        and {{ seconds_between('max(event_at) ' ~ known, 'bar_closed_at') }}
        <= {{ var('bar_edge_share') }} * {{ bar_seconds() }},
        false
    )
{%- endmacro %}
