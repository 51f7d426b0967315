-- Order flow over windows of bars, and against the bar's own price and usual volume:
-- impact after Kyle 1985 and Hasbrouck 2009, illiquidity after Amihud 2002, each free
-- of price and size units.
{%- set short = var('realised_short_bars') %}
{%- set long = var('realised_long_bars') %}
with returns as (

    select
        coin,
        return_1,
        bar_closed_at,
    from {{ ref('int_returns_measured_to_bars') }}

),

bars as (

    select
        coin,
        close,
        bar_closed_at,
    from {{ ref('bars') }}

),

order_flow as (

    select
        coin,
        spread_bps_mean,
        depth_imbalance_5_mean,
        ofi_ratio_mean,
        bid_volume_5_mean + ask_volume_5_mean as book_volume,
        {{ log_ratio('bid_volume_5_mean', 'ask_volume_5_mean') }}
            as book_volume_5_log_ratio,
        {{ log_ratio('bid_volume_10_mean', 'ask_volume_10_mean') }}
            as book_volume_10_log_ratio,
        {{ safe_divide('bid_volume_5_deviation', 'bid_volume_5_mean') }}
            as bid_volume_5_variation,
        {{ safe_divide('ask_volume_5_deviation', 'ask_volume_5_mean') }}
            as ask_volume_5_variation,
        bid_slope_mean + ask_slope_mean as book_slope,
        avg_bid_order_size_mean + avg_ask_order_size_mean as order_size,
        ofi_to_depth,
        btc_close_last,
        btc_high_last,
        btc_low_last,
        btc_volume_last,
        bar_closed_at,
    from {{ ref('int_order_flow_aggregated_to_bars') }}

),

trade_flow as (

    select
        coin,
        volume,
        volume_usd,
        signed_volume,
        trade_imbalance,
        trade_vwap,
        trade_arrival_rate,
        trade_size_mean,
        effective_spread_bps,
        case when signed_volume < 0 then -1.0e0 else 1.0e0 end
        * sqrt(abs(signed_volume)) as signed_root,
        bar_closed_at,
    from {{ ref('int_trade_flow_aggregated_to_bars') }}

),

flows_joined as (

    select
        returns.coin,
        returns.return_1,
        bars.close,
        order_flow.spread_bps_mean,
        order_flow.depth_imbalance_5_mean,
        order_flow.ofi_ratio_mean,
        order_flow.book_volume,
        order_flow.book_volume_5_log_ratio,
        order_flow.book_volume_10_log_ratio,
        order_flow.bid_volume_5_variation,
        order_flow.ask_volume_5_variation,
        order_flow.book_slope,
        order_flow.order_size,
        order_flow.ofi_to_depth,
        order_flow.btc_close_last,
        order_flow.btc_high_last,
        order_flow.btc_low_last,
        order_flow.btc_volume_last,
        trade_flow.volume,
        trade_flow.signed_volume,
        trade_flow.trade_imbalance,
        trade_flow.trade_vwap,
        trade_flow.trade_arrival_rate,
        trade_flow.trade_size_mean,
        trade_flow.effective_spread_bps,
        trade_flow.signed_root,
        {{ safe_divide('abs(returns.return_1)', 'trade_flow.volume_usd') }}
            as illiquidity,
        returns.bar_closed_at,
    from returns
    inner join bars
        on
            returns.coin = bars.coin
            and returns.bar_closed_at = bars.bar_closed_at
    left join order_flow
        on
            returns.coin = order_flow.coin
            and returns.bar_closed_at = order_flow.bar_closed_at
    left join trade_flow
        on
            returns.coin = trade_flow.coin
            and returns.bar_closed_at = trade_flow.bar_closed_at

)

select
    coin,
    bar_closed_at,

    {{ safe_divide(
        'spread_bps_mean - ' ~ rolling('avg', 'spread_bps_mean', long),
        rolling('stddev_pop', 'spread_bps_mean', long)
    ) }} as spread_bps_zscore,
    {{ rolling('avg', 'depth_imbalance_5_mean', short) }} as depth_imbalance_5_short,
    {{ rolling('avg', 'ofi_ratio_mean', short) }} as ofi_ratio_short,
    {{ log_ratio('book_volume', rolling('avg', 'book_volume', short)) }}
        as book_volume_to_mean,
    {{ safe_divide(
        rolling('avg', 'signed_volume', short), rolling('avg', 'volume', short)
    ) }} as trade_imbalance_short,
    {{ safe_divide(
        rolling('avg', 'signed_volume', long), rolling('avg', 'volume', long)
    ) }} as trade_imbalance_long,
    {{ safe_divide('signed_volume', rolling('avg', 'volume', short)) }}
        as signed_volume_to_mean,
    {{ rolling('avg', 'abs(trade_imbalance)', var('vpin_bars')) }} as vpin_of_bars,
    {{ rolling_pair('regr_slope', 'return_1', 'signed_volume', var('kyle_bars')) }}
    * {{ rolling('avg', 'volume', var('kyle_bars')) }} as kyle_lambda,
    {{ rolling_pair('regr_slope', 'return_1', 'signed_volume', long) }}
    * {{ rolling('avg', 'volume', long) }} as kyle_lambda_long,
    {{ rolling_pair('regr_slope', 'return_1', 'signed_root', long) }}
    * sqrt({{ rolling('avg', 'volume', long) }}) as hasbrouck_lambda_long,
    {{ safe_divide(
        rolling('avg', 'illiquidity', short), rolling('avg', 'illiquidity', long)
    ) }} as amihud_ratio,
    {{ in_bps(safe_divide('trade_vwap - close', 'close')) }} as trade_vwap_bps,
    {{ safe_divide('trade_arrival_rate', rolling('avg', 'trade_arrival_rate', short)) }}
        as trade_arrival_to_mean,
    {{ log_ratio('trade_size_mean', rolling('avg', 'trade_size_mean', short)) }}
        as trade_size_to_mean,
    {{ safe_divide('effective_spread_bps', 'spread_bps_mean') }}
        as effective_to_quoted_spread,
    {{ rolling('avg', 'ofi_to_depth', short) }} as ofi_to_depth_short,
    book_volume_5_log_ratio,
    book_volume_10_log_ratio,
    bid_volume_5_variation,
    ask_volume_5_variation,
    {{ log_ratio('book_slope', rolling('avg', 'book_slope', short)) }}
        as book_slope_to_mean,
    {{ log_ratio('order_size', rolling('avg', 'order_size', short)) }}
        as order_size_to_mean,
    {{ log_ratio('btc_close_last', bars_ago('btc_close_last', 1)) }}
        as btc_close_return,
    {{ log_ratio('btc_high_last', 'btc_low_last') }} as btc_range,
    {{ log_ratio('btc_volume_last', rolling('avg', 'btc_volume_last', short)) }}
        as btc_volume_to_mean,
from flows_joined
