-- Adopted order flow to bars in one pass, month by month: raw rows are never sorted and
-- no window runs over them, because a month has millions. Only months whose files,
-- mapping, code or parameters changed are read again. Rows known at the decision only.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'month'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_dropped_months() }}",
) }}
{%- set changed = changed_months() %}
with months_changed as (
    {{ changed_month_rows(changed) }}

),

order_flow as (

    select
        coin,
        source,
        {%- for measure in order_flow_measures() %}
        {{ measure['expression'] }} as {{ measure['name'] }},
        {%- endfor %}
        {{ order_key() }} as order_key,
        {{ milliseconds_into_bar('event_at') }} as offset_ms,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_lakehouse__order_flow') }}
    where {{ is_in_changed_files(changed) }}

),

order_flow_aggregated as (

    select
        coin,
        source,
        bar_closed_at,
        {{ month_of_bar('bar_closed_at') }} as month,
        {{- order_flow_statistics(only_own=false) }}
        count(*) as count_rows,
        count(*) filter (where best_bid >= best_ask) as count_crossed,
    from order_flow
    where available_at <= {{ decided_at('bar_closed_at') }}
    group by coin, source, bar_closed_at

)

select
    order_flow_aggregated.coin,
    order_flow_aggregated.source,
    order_flow_aggregated.bar_closed_at,

    order_flow_aggregated.month,
    months_changed.fingerprint,

    {%- for name in order_flow_statistic_names() + ['count_rows', 'count_crossed'] %}
    order_flow_aggregated.{{ name }},
    {%- endfor %}
from order_flow_aggregated
inner join months_changed
    on
        order_flow_aggregated.coin = months_changed.coin
        and order_flow_aggregated.month = months_changed.month
