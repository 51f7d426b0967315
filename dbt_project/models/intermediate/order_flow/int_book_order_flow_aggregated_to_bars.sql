-- Order flow of our own recorded books to bars, by the same statistics as the adopted
-- files, with the sums of the OFI events beside them. Day by day: only days whose
-- files, code or parameters changed are read again; the day before counts among these,
-- for its last bar says which levels are large.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'day'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_superseded_folders(ref('stg_hyperliquid__book_snapshots')) }}",
) }}
{%- set changed = changed_folders([(ref('stg_hyperliquid__book_snapshots'), 1)]) %}
with days_changed as (
    {{ changed_day_rows(changed['days']) }}

),

order_flow as (

    select
        coin,
        source,
        {%- for measure in order_flow_measures() if measure['is_own'] %}
        {{ measure['expression'] }} as {{ measure['name'] }},
        {%- endfor %}
        ofi_event,
        best_depth,
        queue_imbalance,
        microprice_bps,
        {{ order_key() }} as order_key,
        {{ microseconds_from_mid_bar('event_at') }} as moment_us,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('int_book_snapshots_measured_to_order_flow') }}
    where {{ is_in_changed_folders(changed) }}

),

order_flow_scaled as (

    select
        coin,
        source,
        {%- for measure in order_flow_measures() if measure['is_own'] %}
        {{ measure['name'] }},
        {%- endfor %}
        {{- order_flow_whole_numbers(order_flow_measures(), only_own=true) }}
        ofi_event,
        best_depth,
        queue_imbalance,
        microprice_bps,
        order_key,
        moment_us,
        bar_closed_at,
    from order_flow

),

order_flow_aggregated as (

    select
        coin,
        source,
        bar_closed_at,
        {{ day_of_bar('bar_closed_at') }} as day,
        {{- order_flow_statistics(only_own=true) }}
        {{ order_free_sum('ofi_event', 6) }} as ofi_base,
        {{ safe_divide(
            order_free_sum('ofi_event', 6), order_free_sum('abs(ofi_event)', 6)
        ) }} as ofi_balance,
        {{ safe_divide(
            order_free_sum('ofi_event', 6), order_free_mean('best_depth', 6)
        ) }} as ofi_to_depth,
        {%- for name in ['queue_imbalance', 'microprice_bps'] %}
        {{ order_free_mean(name, 12) }} as {{ name }}_mean,
        {{ last_by(name, 'order_key') }} as {{ name }}_last,
        {%- endfor %}
        count(*) as count_rows,
        count(*) filter (where best_bid >= best_ask) as count_crossed,
    from order_flow_scaled
    group by coin, source, bar_closed_at

)

select
    order_flow_aggregated.coin,
    order_flow_aggregated.source,
    order_flow_aggregated.bar_closed_at,

    order_flow_aggregated.day,
    {{ fingerprint_of_day(changed) }} as fingerprint,

    {%- for name in order_flow_statistic_names() %}
    order_flow_aggregated.{{ name }},
    {%- endfor %}
    order_flow_aggregated.ofi_base,
    order_flow_aggregated.ofi_balance,
    order_flow_aggregated.ofi_to_depth,
    {%- for name in ['queue_imbalance', 'microprice_bps'] %}
    order_flow_aggregated.{{ name }}_mean,
    order_flow_aggregated.{{ name }}_last,
    {%- endfor %}
    order_flow_aggregated.count_rows,
    order_flow_aggregated.count_crossed,
from order_flow_aggregated
{{ join_days_changed('order_flow_aggregated', changed) }}
