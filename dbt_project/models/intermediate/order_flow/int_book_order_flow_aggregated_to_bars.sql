-- Order flow of our own recorded books to bars, by the same statistics as the adopted
-- files, with the sums of the OFI events beside them.
with order_flow as (

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

)

select
    coin,
    source,
    bar_closed_at,

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
