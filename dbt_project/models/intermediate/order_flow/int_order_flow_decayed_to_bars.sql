-- Order flow that fades: the imbalance of quotes (Cont, Kukanov, Stoikov 2014) and of
-- trades, with weights that halve with every half-life. A bar without order flow counts
-- as nothing above and below, so that a gap lowers the known weight, not the value.
{%- set means = [] %}
{%- for speed, half_life in flow_half_lives().items() %}
{%- for name in [
    'ofi_sum', 'ofi_weight', 'signed_volume', 'volume', 'trade_weight'
] %}
{%- do means.append(halving_mean(name ~ '_' ~ speed, name, half_life)) %}
{%- endfor %}
{%- endfor %}
with bars as (

    select
        coin,
        bar_closed_at,
    from {{ ref('int_returns_measured_to_bars') }}

),

order_flow as (

    select
        coin,
        ofi_ratio_mean,
        bar_closed_at,
    from {{ ref('int_order_flow_aggregated_to_bars') }}

),

trade_flow as (

    select
        coin,
        volume,
        signed_volume,
        bar_closed_at,
    from {{ ref('int_trade_flow_aggregated_to_bars') }}

),

flows_joined as (

    select
        bars.coin,
        coalesce(order_flow.ofi_ratio_mean, 0.0e0) as ofi_sum,
        case when order_flow.ofi_ratio_mean is null then 0.0e0 else 1.0e0 end
            as ofi_weight,
        coalesce(trade_flow.signed_volume, 0.0e0) as signed_volume,
        coalesce(trade_flow.volume, 0.0e0) as volume,
        case when trade_flow.volume is null then 0.0e0 else 1.0e0 end as trade_weight,
        row_number() over (
            partition by bars.coin order by bars.bar_closed_at
        ) as bar_number,
        bars.bar_closed_at,
    from bars
    left join order_flow
        on
            bars.coin = order_flow.coin
            and bars.bar_closed_at = order_flow.bar_closed_at
    left join trade_flow
        on
            bars.coin = trade_flow.coin
            and bars.bar_closed_at = trade_flow.bar_closed_at

),

flows_decayed as (

    {{ exponential_means('flows_joined', means) }}

)

select
    coin,
    bar_closed_at,

    {%- for speed in flow_half_lives() %}
    case
        when ofi_weight_{{ speed }} >= {{ var('window_min_share') }}
            then {{ safe_divide('ofi_sum_' ~ speed, 'ofi_weight_' ~ speed) }}
    end as ofi_ratio_{{ speed }},
    case
        when trade_weight_{{ speed }} >= {{ var('window_min_share') }}
            then {{ safe_divide('signed_volume_' ~ speed, 'volume_' ~ speed) }}
    end as trade_imbalance_{{ speed }},
    {%- endfor %}
from flows_decayed
