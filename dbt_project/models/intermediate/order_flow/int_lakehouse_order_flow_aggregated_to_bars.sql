-- Adopted order flow to bars in one pass, day by day: raw rows are never sorted and no
-- window runs over them, because a month has millions. Only days whose files,
-- mapping, code or parameters changed are read again. Rows known at the decision only.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'day'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_superseded_days() }}",
) }}
{%- set changed = changed_days() %}
with days_changed as (
    {{ changed_day_rows(changed) }}

),

order_flow as (

    select
        coin,
        source,
        {%- for measure in order_flow_measures() %}
        {{ measure['expression'] }} as {{ measure['name'] }},
        {%- endfor %}
        {{ order_key() }} as order_key,
        {{ microseconds_from_mid_bar('event_at') }} as moment_us,
        best_bid >= best_ask as is_crossed,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_lakehouse__order_flow') }}
    where {{ is_in_changed_files(changed) }}

),

order_flow_scaled as (

    select
        coin,
        source,
        {%- for measure in order_flow_measures() %}
        {{ measure['name'] }},
        {%- endfor %}
        {{- order_flow_whole_numbers(order_flow_measures(), only_own=false) }}
        order_key,
        moment_us,
        is_crossed,
        bar_closed_at,
    from order_flow
    where available_at <= {{ decided_at('bar_closed_at') }}

),

order_flow_summed as (

    select
        coin,
        source,
        bar_closed_at,
        {{- order_flow_summed(order_flow_measures()) }}
        count(*) as count_rows,
        count_if(is_crossed) as count_crossed,
    from order_flow_scaled
    group by coin, source, bar_closed_at

),

order_flow_centred as (

    select
        coin,
        source,
        bar_closed_at,
        {{- order_flow_centred(order_flow_measures()) }}
        count_rows,
        count_crossed,
    from order_flow_summed

),

order_flow_aggregated as (

    select
        coin,
        source,
        bar_closed_at,
        {{ day_of_bar('bar_closed_at') }} as day,
        {{- order_flow_statistics_of_sums(order_flow_measures()) }}
        count_rows,
        count_crossed,
    from order_flow_centred

)

select
    order_flow_aggregated.coin,
    order_flow_aggregated.source,
    order_flow_aggregated.bar_closed_at,

    order_flow_aggregated.day,
    days_changed.fingerprint,

    {%- for name in order_flow_statistic_names() + ['count_rows', 'count_crossed'] %}
    order_flow_aggregated.{{ name }},
    {%- endfor %}
from order_flow_aggregated
inner join days_changed
    on
        order_flow_aggregated.coin = days_changed.coin
        and order_flow_aggregated.day = days_changed.day
