-- The order-flow columns of each recorded book, by the names of the adopted files. Only
-- books known at their own bar's decision, so that a late one changes no neighbour.
-- OFI events: Cont, Kukanov, Stoikov (2014), between consecutive books of a UTC day, so
-- that a day can be built alone; a filter on lake_folder passes all windows. Slope and
-- concentration read the ten best levels, as the widest volumes do.
{{ config(materialized='view') }}
{%- set sides = ['bid', 'ask'] %}
{%- set depth = 10 %}
{%- set bid_event -%}
(
            case when best_bid >= previous_bid then best_bid_size else 0 end
            - case when best_bid <= previous_bid then previous_bid_size else 0 end
        )
{%- endset %}
{%- set ask_event -%}
(
            case when best_ask <= previous_ask then best_ask_size else 0 end
            - case when best_ask >= previous_ask then previous_ask_size else 0 end
        )
{%- endset %}
{%- set events = {'bid': bid_event, 'ask': ask_event} %}
with book_snapshots as (

    select
        coin,
        source,
        lake_folder,
        sequence,
        {%- for side in sides %}
        {%- for level in range(1, book_levels() + 1) %}
        {{ side }}_price_{{ level }},
        {{ side }}_size_{{ level }}_base,
        count_{{ side }}_orders_{{ level }},
        {%- endfor %}
        {%- endfor %}
        event_at,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_hyperliquid__book_snapshots') }}
    where available_at <= {{ decided_at(bar_closed_at('event_at')) }}

),

large_levels as (

    select
        coin,
        source,
        {%- for side in sides %}
        {%- for level in range(1, depth + 1) %}
        large_{{ side }}_size_{{ level }}_base,
        {%- endfor %}
        {%- endfor %}
        {{ seconds_after('bar_closed_at', bar_seconds()) }} as bar_closed_at,
    from {{ ref('int_book_levels_measured_to_bars') }}

),

books_widened as (

    select
        book_snapshots.coin,
        book_snapshots.source,
        book_snapshots.lake_folder,
        book_snapshots.sequence,
        {%- for side in sides %}
        {{ book_price(side, 1) }} as best_{{ side }},
        {{ book_size(side, 1) }} as best_{{ side }}_size,
        {%- for level in range(1, book_levels() + 1) %}
        {{ side }}_price_{{ level }},
        {{ side }}_size_{{ level }}_base,
        {%- endfor %}
        {%- for level in range(1, depth + 1) %}
        {{ book_volume(side, level) }} as cumulative_{{ side }}_{{ level }},
        {%- endfor %}
        {{ book_volume(side, 20) }} as cumulative_{{ side }}_20,
        {%- for levels in [5, 10] %}
        {{ book_orders(side, levels) }} as orders_{{ side }}_{{ levels }},
        {{ book_notional(side, levels) }} as notional_{{ side }}_{{ levels }},
        {%- endfor %}
        {{ book_squares(side, depth) }} as squares_{{ side }},
        case
            when large_{{ side }}_size_1_base is not null
                then {{ book_large_volume(side, depth) }}
        end as large_{{ side }},
        {%- endfor %}
        {{ midpoint(book_price('bid', 1), book_price('ask', 1)) }} as mid_price,
        book_snapshots.event_at,
        book_snapshots.available_at,
    from book_snapshots
    left join large_levels
        on
            book_snapshots.coin = large_levels.coin
            and book_snapshots.source = large_levels.source
            and book_snapshots.bar_closed_at = large_levels.bar_closed_at

),

books_lagged as (

    select
        coin,
        source,
        lake_folder,
        sequence,
        mid_price,
        {%- for side in sides %}
        best_{{ side }},
        best_{{ side }}_size,
        {%- for level in range(1, depth + 1) %}
        cumulative_{{ side }}_{{ level }},
        {{ book_distance(side, level) }} as distance_{{ side }}_{{ level }},
        {%- endfor %}
        cumulative_{{ side }}_20,
        {%- for levels in [5, 10] %}
        cast({{ side }}_price_{{ levels }} as double) as price_{{ side }}_{{ levels }},
        orders_{{ side }}_{{ levels }},
        notional_{{ side }}_{{ levels }},
        {%- endfor %}
        squares_{{ side }},
        large_{{ side }},
        lag(best_{{ side }}) over books as previous_{{ side }},
        lag(best_{{ side }}_size) over books as previous_{{ side }}_size,
        {%- endfor %}
        best_bid is not null
        and best_ask is not null
        and lag(best_bid) over books is not null
        and lag(best_ask) over books is not null
        and {{ seconds_between('lag(event_at) over books', 'event_at') }}
        <= {{ var('stale_after_s') }} as has_previous,
        event_at,
        available_at,
    from books_widened
    window books as (
        partition by coin, source, lake_folder, {{ day_opened_at('event_at') }}
        order by event_at, sequence
    )

),

books_measured as (

    select
        coin,
        source,
        lake_folder,
        sequence,
        best_bid,
        best_ask,
        mid_price,
        best_ask - best_bid as spread,
        {{ imbalance('best_bid_size', 'best_ask_size') }} as queue_imbalance,
        {{ midpoint('best_bid_size', 'best_ask_size') }} as best_depth,
        {{ spread_in_bps('best_bid', 'best_ask') }} as spread_bps,
        {%- for levels in [5, 10, 20] %}
        {{ imbalance('cumulative_bid_' ~ levels, 'cumulative_ask_' ~ levels) }}
            as depth_imbalance_{{ levels }},
        {%- endfor %}
        {%- for levels in [5, 10] %}
        {%- for side in sides %}
        nullif(cumulative_{{ side }}_{{ levels }}, 0) as {{ side }}_volume_{{ levels }},
        {{ safe_divide(
            'notional_' ~ side ~ '_' ~ levels, 'cumulative_' ~ side ~ '_' ~ levels
        ) }} as {{ side }}_vwap_{{ levels }},
        {%- endfor %}
        case
            when orders_bid_{{ levels }} > 0 and orders_ask_{{ levels }} > 0
                then {{ imbalance(
                    'cast(orders_bid_' ~ levels ~ ' as double)',
                    'cast(orders_ask_' ~ levels ~ ' as double)'
                ) }}
        end as order_count_imbalance_{{ levels }},
        {{ safe_divide(
            'price_ask_' ~ levels ~ ' - price_bid_' ~ levels, 'mid_price'
        ) }} as depth_spread_{{ levels }}_pct,
        {%- endfor %}
        {%- for side in sides %}
        {{ safe_divide('cumulative_' ~ side ~ '_10', 'orders_' ~ side ~ '_10') }}
            as avg_{{ side }}_order_size,
        {{ book_slope(side, depth) }} as {{ side }}_slope,
        {{ safe_divide(
            'squares_' ~ side, 'cumulative_' ~ side ~ '_10 * cumulative_' ~ side ~ '_10'
        ) }} as {{ side }}_concentration,
        {%- endfor %}
        {{ imbalance('large_bid', 'large_ask') }} as large_order_imbalance,
        case
            when has_previous
                then {{ bid_event }} - {{ ask_event }}
        end as ofi_event,
        case
            when has_previous
                then {{ safe_divide(
                    bid_event ~ ' - ' ~ ask_event,
                    'abs(' ~ bid_event ~ ') + abs(' ~ ask_event ~ ')'
                ) }}
        end as ofi_ratio,
        {%- for side in sides %}
        case
            when has_previous and previous_{{ side }}_size > 0
                then least(1, greatest(
                    0, -{{ events[side] }} / nullif(previous_{{ side }}_size, 0)
                ))
        end as toxicity_{{ side }}_proxy,
        {%- endfor %}
        event_at,
        available_at,
    from books_lagged

)

select
    coin,
    source,
    lake_folder,
    sequence,

    best_bid,
    best_ask,
    mid_price,
    spread,
    spread_bps,
    depth_imbalance_5,
    depth_imbalance_10,
    depth_imbalance_20,
    bid_volume_5,
    bid_volume_10,
    ask_volume_5,
    ask_volume_10,
    ofi_ratio,
    order_count_imbalance_5,
    order_count_imbalance_10,
    avg_bid_order_size,
    avg_ask_order_size,
    large_order_imbalance,
    bid_slope,
    ask_slope,
    {{ imbalance('bid_slope', 'ask_slope') }} as slope_imbalance,
    bid_concentration,
    ask_concentration,
    bid_concentration - ask_concentration as concentration_imbalance,
    depth_spread_5_pct,
    depth_spread_10_pct,
    bid_vwap_5,
    bid_vwap_10,
    ask_vwap_5,
    ask_vwap_10,
    {{ midpoint('bid_vwap_5', 'ask_vwap_5') }} as vwap_mid_5,
    {{ midpoint('bid_vwap_10', 'ask_vwap_10') }} as vwap_mid_10,
    toxicity_bid_proxy,
    toxicity_ask_proxy,
    toxicity_bid_proxy - toxicity_ask_proxy as toxicity_imbalance,
    (toxicity_bid_proxy - toxicity_ask_proxy)
    - lag(toxicity_bid_proxy - toxicity_ask_proxy) over books as toxicity_trend,
    ofi_event,
    best_depth,
    queue_imbalance,
    {{ microprice_bps('spread_bps', 'queue_imbalance') }} as microprice_bps,

    event_at,
    available_at,
from books_measured
window books as (
    partition by coin, source, lake_folder, {{ day_opened_at('event_at') }}
    order by event_at, sequence
)
