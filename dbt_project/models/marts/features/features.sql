-- Every feature in one row, each one expression over what its bar's decision could
-- read. Names carry the default windows; the windows come from the variables. What is
-- unknown is null. The YAML beside this model is the one list of features and units.
with bars as (

    select
        coin,
        bar_closed_at,
        decided_at,
    from {{ ref('bars') }}

),

averages as (

    select
        coin,
        bar_closed_at,
        bar_number,
        close,
        ema_fast,
        ema_slow,
        macd_line,
        macd_signal,
        mean_gain,
        mean_loss,
        {{ var('bollinger_deviations') }} * bollinger_deviation as bollinger_half_width,
        bollinger_mean,
        average_true_range,
        return_deviation,
    from {{ ref('int_prices_averaged_to_bars') }}

),

movements as (

    select
        coin,
        bar_closed_at,
        adx,
        plus_di,
        minus_di,
        stochastic_fast_k,
        stochastic_slow_k,
        stochastic_slow_d,
        obv_change,
        close_deviation,
    from {{ ref('int_movements_measured_to_bars') }}

),

returns as (

    select
        coin,
        bar_closed_at,
        return_1,
        return_2,
        return_4,
        return_12,
        return_24,
        return_72,
        return_168,
        range_position_short,
        fall_from_high_long,
        volume_ratio,
        realised_volatility_short,
        realised_volatility_long,
        bipower_volatility_short,
        parkinson_volatility_short,
        garman_klass_volatility_short,
        rogers_satchell_volatility_short,
        yang_zhang_volatility_short,
        downside_volatility_short,
        upside_volatility_short,
        signed_jump_variation_short,
        har_variance_bar,
        har_variance_short,
        har_variance_long,
        realised_skewness_long,
        realised_kurtosis_long,
        volatility_of_volatility_long,
        semivariance_ratio_short,
        jump_share_short,
        volatility_ratio,
    from {{ ref('int_returns_measured_to_bars') }}

),

order_flow as (

    select
        coin,
        bar_closed_at,
        roc_1h_last,
        roc_4h_last,
        sma_diff_1h_last,
        sma_diff_4h_last,
        golden_cross_last,
        bb_width_1h_last,
        bb_position_1h_last,
        spread_bps_mean,
        spread_bps_last,
        spread_bps_deviation,
        spread_bps_slope,
        spread_bps_extreme,
        depth_imbalance_5_mean,
        depth_imbalance_5_last,
        depth_imbalance_5_deviation,
        depth_imbalance_5_slope,
        depth_imbalance_5_extreme,
        depth_imbalance_10_mean,
        depth_imbalance_10_last,
        depth_imbalance_10_deviation,
        depth_imbalance_10_slope,
        depth_imbalance_10_extreme,
        depth_imbalance_20_mean,
        depth_imbalance_20_last,
        depth_imbalance_20_deviation,
        depth_imbalance_20_slope,
        depth_imbalance_20_extreme,
        ofi_ratio_mean,
        ofi_ratio_last,
        ofi_ratio_deviation,
        ofi_ratio_slope,
        ofi_ratio_extreme,
        ofi_balance,
        ofi_to_depth,
        order_count_imbalance_5_mean,
        order_count_imbalance_5_last,
        order_count_imbalance_5_deviation,
        order_count_imbalance_5_slope,
        order_count_imbalance_5_extreme,
        order_count_imbalance_10_mean,
        order_count_imbalance_10_last,
        order_count_imbalance_10_deviation,
        order_count_imbalance_10_slope,
        order_count_imbalance_10_extreme,
        order_size_imbalance_mean,
        order_size_imbalance_last,
        order_size_imbalance_deviation,
        order_size_imbalance_slope,
        order_size_imbalance_extreme,
        large_order_imbalance_mean,
        large_order_imbalance_last,
        large_order_imbalance_deviation,
        large_order_imbalance_slope,
        large_order_imbalance_extreme,
        slope_imbalance_mean,
        slope_imbalance_last,
        slope_imbalance_deviation,
        slope_imbalance_slope,
        slope_imbalance_extreme,
        concentration_imbalance_mean,
        concentration_imbalance_last,
        concentration_imbalance_deviation,
        concentration_imbalance_slope,
        concentration_imbalance_extreme,
        bid_concentration_mean,
        ask_concentration_mean,
        depth_spread_5_pct_mean,
        depth_spread_5_pct_last,
        depth_spread_5_pct_deviation,
        depth_spread_5_pct_slope,
        depth_spread_5_pct_extreme,
        depth_spread_10_pct_mean,
        depth_spread_10_pct_last,
        depth_spread_10_pct_deviation,
        depth_spread_10_pct_slope,
        depth_spread_10_pct_extreme,
        toxicity_bid_proxy_mean,
        toxicity_bid_proxy_last,
        toxicity_bid_proxy_deviation,
        toxicity_bid_proxy_slope,
        toxicity_bid_proxy_extreme,
        toxicity_ask_proxy_mean,
        toxicity_ask_proxy_last,
        toxicity_ask_proxy_deviation,
        toxicity_ask_proxy_slope,
        toxicity_ask_proxy_extreme,
        toxicity_imbalance_mean,
        toxicity_imbalance_last,
        toxicity_imbalance_deviation,
        toxicity_imbalance_slope,
        toxicity_imbalance_extreme,
        toxicity_trend_last,
        toxicity_trend_deviation,
        toxicity_trend_extreme,
        vwap_mid_5_bps_mean,
        vwap_mid_5_bps_last,
        vwap_mid_5_bps_deviation,
        vwap_mid_5_bps_slope,
        vwap_mid_5_bps_extreme,
        vwap_mid_10_bps_mean,
        vwap_mid_10_bps_last,
        vwap_mid_10_bps_deviation,
        vwap_mid_10_bps_slope,
        vwap_mid_10_bps_extreme,
        microprice_5_bps_mean,
        microprice_5_bps_last,
        microprice_5_bps_deviation,
        microprice_5_bps_slope,
        microprice_5_bps_extreme,
        queue_imbalance_mean,
        queue_imbalance_last,
        microprice_bps_mean,
        microprice_bps_last,
        sol_ret_1h_last,
        btc_ret_1h_last,
        rel_strength_1h_last,
        btc_return_lag_1h_last,
        btc_return_lag_2h_last,
        btc_return_lag_4h_last,
        btc_lead_signal_1h_last,
        btc_lead_signal_2h_last,
        btc_lead_signal_4h_last,
        btc_lead_combined_last,
        hour_last,
        day_of_week_last,
        is_us_open_last,
    from {{ ref('int_order_flow_aggregated_to_bars') }}

),

trade_flow as (

    select
        coin,
        bar_closed_at,
        trade_imbalance,
        trade_count_imbalance,
        largest_trade_share,
        trade_size_concentration,
        effective_spread_bps,
    from {{ ref('int_trade_flow_aggregated_to_bars') }}

),

flows as (

    select
        coin,
        bar_closed_at,
        spread_bps_zscore,
        depth_imbalance_5_short,
        ofi_ratio_short,
        ofi_to_depth_short,
        book_volume_5_log_ratio,
        book_volume_10_log_ratio,
        bid_volume_5_variation,
        ask_volume_5_variation,
        book_volume_to_mean,
        book_slope_to_mean,
        order_size_to_mean,
        trade_imbalance_short,
        trade_imbalance_long,
        signed_volume_to_mean,
        vpin_of_bars,
        kyle_lambda,
        kyle_lambda_long,
        hasbrouck_lambda_long,
        amihud_ratio,
        trade_vwap_bps,
        trade_size_to_mean,
        trade_arrival_to_mean,
        effective_to_quoted_spread,
        btc_close_return,
        btc_range,
        btc_volume_to_mean,
    from {{ ref('int_order_flow_measured_to_bars') }}

),

decays as (

    select
        coin,
        bar_closed_at,
        ofi_ratio_fast,
        ofi_ratio_medium,
        ofi_ratio_slow,
        trade_imbalance_fast,
        trade_imbalance_medium,
        trade_imbalance_slow,
    from {{ ref('int_order_flow_decayed_to_bars') }}

),

buckets as (

    select
        coin,
        bar_closed_at,
        vpin,
    from {{ ref('int_volume_buckets_aligned_to_bars') }}

),

perpetuals as (

    select
        coin,
        bar_closed_at,
        funding_rate_last,
        funding_sum_short,
        funding_sum,
        funding_zscore,
        funding_annualised,
        estimated_funding_rate,
        funding_estimate_gap,
        minutes_to_funding,
        premium_last,
        premium_mean_short,
        basis_bps,
        basis_mean_short,
        basis_slope_short,
        open_interest_change_1,
        open_interest_change_mid,
        open_interest_change_short,
        open_interest_quadrant_mid,
        open_interest_quadrant_short,
        open_interest_to_volume,
        funding_age_s,
        context_age_s,
    from {{ ref('int_perpetuals_measured_to_bars') }}

),

comparisons as (

    select
        coin,
        bar_closed_at,
        benchmark_return_1,
        benchmark_return_4,
        benchmark_return_24,
        benchmark_return_lag_1,
        benchmark_return_lag_2,
        benchmark_return_lag_4,
        residual_return_1,
        residual_return_4,
        residual_return_24,
        relative_strength_1,
        relative_strength_4,
        relative_strength_24,
        benchmark_beta,
        benchmark_correlation,
        benchmark_volatility_ratio,
    from {{ ref('int_returns_compared_to_bars') }}

),

sentiments as (

    select
        coin,
        bar_closed_at,
        sentiment_mean,
        sentiment_decayed,
        sentiment_min,
        count_headlines,
        sentiment_age_s,
    from {{ ref('sentiment_bars') }}

)

select
    bars.coin,
    bars.bar_closed_at,

    coalesce(averages.bar_number >= {{ var('warmup_bars') }}, false) as is_warm,

    bars.decided_at,

    averages.close,
    averages.ema_fast as ema_50,
    averages.ema_slow as ema_200,
    {{ safe_divide('averages.ema_fast', 'averages.ema_slow') }} as ema_50_to_200,
    averages.macd_line,
    averages.macd_signal,
    averages.macd_line - averages.macd_signal as macd_histogram,
    {{ in_percent(safe_divide(
        'averages.mean_gain',
        'averages.mean_gain + averages.mean_loss'
    )) }} as rsi_14,
    {{ safe_divide('averages.bollinger_half_width * 2', 'averages.bollinger_mean') }}
        as bollinger_width,
    averages.average_true_range as atr_14,
    averages.return_deviation as return_deviation_20,
    {{ safe_divide('averages.close', 'averages.ema_fast') }} - 1 as close_to_ema_50,
    {{ safe_divide('averages.close', 'averages.ema_slow') }} - 1 as close_to_ema_200,
    {{ safe_divide('averages.macd_line', 'averages.average_true_range') }}
        as macd_to_atr,
    {{ safe_divide(
        'averages.macd_line - averages.macd_signal',
        'averages.average_true_range'
    ) }} as macd_histogram_to_atr,
    {{ safe_divide(
        'averages.close - averages.bollinger_mean + averages.bollinger_half_width',
        'averages.bollinger_half_width * 2'
    ) }} as bollinger_position,
    {{ safe_divide('averages.average_true_range', 'averages.close') }} as atr_ratio,
    averages.bollinger_mean + averages.bollinger_half_width as bollinger_upper,
    averages.bollinger_mean - averages.bollinger_half_width as bollinger_lower,
    movements.close_deviation as close_deviation_20,
    {{ safe_divide('averages.macd_signal', 'averages.average_true_range') }}
        as macd_signal_to_atr,
    {{ safe_divide('movements.close_deviation', 'averages.close') }}
        as close_deviation_to_close_20,
    movements.adx as adx_14,
    movements.plus_di as plus_di_14,
    movements.minus_di as minus_di_14,
    movements.stochastic_fast_k as stochastic_fast_k_14,
    movements.stochastic_slow_k as stochastic_slow_k_14,
    movements.stochastic_slow_d as stochastic_slow_d_14,
    movements.obv_change as obv_change_24,
    returns.return_1,
    returns.return_2,
    returns.return_4,
    returns.return_12,
    returns.return_24,
    returns.return_72,
    returns.return_168,
    returns.range_position_short as range_position_24,
    returns.fall_from_high_long as fall_from_high_168,
    returns.volume_ratio as volume_24_to_168,
    order_flow.roc_1h_last,
    order_flow.roc_4h_last,
    order_flow.sma_diff_1h_last,
    order_flow.sma_diff_4h_last,
    order_flow.golden_cross_last,
    order_flow.bb_width_1h_last,
    order_flow.bb_position_1h_last,

    returns.realised_volatility_short as realised_volatility_24,
    returns.realised_volatility_long as realised_volatility_168,
    returns.bipower_volatility_short as bipower_volatility_24,
    returns.parkinson_volatility_short as parkinson_volatility_24,
    returns.garman_klass_volatility_short as garman_klass_volatility_24,
    returns.semivariance_ratio_short as semivariance_ratio_24,
    returns.jump_share_short as jump_share_24,
    returns.volatility_ratio as volatility_24_to_168,
    returns.rogers_satchell_volatility_short as rogers_satchell_volatility_24,
    returns.yang_zhang_volatility_short as yang_zhang_volatility_24,
    returns.downside_volatility_short as downside_volatility_24,
    returns.upside_volatility_short as upside_volatility_24,
    returns.signed_jump_variation_short as signed_jump_variation_24,
    returns.har_variance_bar as har_variance_1,
    returns.har_variance_short as har_variance_24,
    returns.har_variance_long as har_variance_168,
    returns.volatility_of_volatility_long as volatility_of_volatility_168,
    returns.realised_skewness_long as realised_skewness_168,
    returns.realised_kurtosis_long as realised_kurtosis_168,

    order_flow.spread_bps_mean,
    order_flow.spread_bps_last,
    order_flow.spread_bps_deviation,
    order_flow.spread_bps_slope,
    order_flow.spread_bps_extreme,
    flows.spread_bps_zscore as spread_bps_zscore_168,
    order_flow.depth_imbalance_5_mean,
    order_flow.depth_imbalance_5_last,
    order_flow.depth_imbalance_5_deviation,
    order_flow.depth_imbalance_5_slope,
    order_flow.depth_imbalance_5_extreme,
    order_flow.depth_imbalance_10_mean,
    order_flow.depth_imbalance_10_last,
    order_flow.depth_imbalance_10_deviation,
    order_flow.depth_imbalance_10_slope,
    order_flow.depth_imbalance_10_extreme,
    order_flow.depth_imbalance_20_mean,
    order_flow.depth_imbalance_20_last,
    order_flow.depth_imbalance_20_deviation,
    order_flow.depth_imbalance_20_slope,
    order_flow.depth_imbalance_20_extreme,
    flows.depth_imbalance_5_short as depth_imbalance_5_mean_24,
    order_flow.ofi_ratio_mean,
    order_flow.ofi_ratio_last,
    order_flow.ofi_ratio_deviation,
    order_flow.ofi_ratio_slope,
    order_flow.ofi_ratio_extreme,
    flows.ofi_ratio_short as ofi_ratio_mean_24,
    decays.ofi_ratio_fast as ofi_ratio_decayed_1,
    decays.ofi_ratio_medium as ofi_ratio_decayed_6,
    decays.ofi_ratio_slow as ofi_ratio_decayed_24,
    order_flow.ofi_balance,
    order_flow.ofi_to_depth,
    flows.ofi_to_depth_short as ofi_to_depth_24,
    order_flow.order_count_imbalance_5_mean,
    order_flow.order_count_imbalance_5_last,
    order_flow.order_count_imbalance_5_deviation,
    order_flow.order_count_imbalance_5_slope,
    order_flow.order_count_imbalance_5_extreme,
    order_flow.order_count_imbalance_10_mean,
    order_flow.order_count_imbalance_10_last,
    order_flow.order_count_imbalance_10_deviation,
    order_flow.order_count_imbalance_10_slope,
    order_flow.order_count_imbalance_10_extreme,
    order_flow.order_size_imbalance_mean,
    order_flow.order_size_imbalance_last,
    order_flow.order_size_imbalance_deviation,
    order_flow.order_size_imbalance_slope,
    order_flow.order_size_imbalance_extreme,
    order_flow.large_order_imbalance_mean,
    order_flow.large_order_imbalance_last,
    order_flow.large_order_imbalance_deviation,
    order_flow.large_order_imbalance_slope,
    order_flow.large_order_imbalance_extreme,
    order_flow.slope_imbalance_mean,
    order_flow.slope_imbalance_last,
    order_flow.slope_imbalance_deviation,
    order_flow.slope_imbalance_slope,
    order_flow.slope_imbalance_extreme,
    order_flow.concentration_imbalance_mean,
    order_flow.concentration_imbalance_last,
    order_flow.concentration_imbalance_deviation,
    order_flow.concentration_imbalance_slope,
    order_flow.concentration_imbalance_extreme,
    order_flow.bid_concentration_mean,
    order_flow.ask_concentration_mean,
    order_flow.depth_spread_5_pct_mean,
    order_flow.depth_spread_5_pct_last,
    order_flow.depth_spread_5_pct_deviation,
    order_flow.depth_spread_5_pct_slope,
    order_flow.depth_spread_5_pct_extreme,
    order_flow.depth_spread_10_pct_mean,
    order_flow.depth_spread_10_pct_last,
    order_flow.depth_spread_10_pct_deviation,
    order_flow.depth_spread_10_pct_slope,
    order_flow.depth_spread_10_pct_extreme,
    order_flow.toxicity_bid_proxy_mean,
    order_flow.toxicity_bid_proxy_last,
    order_flow.toxicity_bid_proxy_deviation,
    order_flow.toxicity_bid_proxy_slope,
    order_flow.toxicity_bid_proxy_extreme,
    order_flow.toxicity_ask_proxy_mean,
    order_flow.toxicity_ask_proxy_last,
    order_flow.toxicity_ask_proxy_deviation,
    order_flow.toxicity_ask_proxy_slope,
    order_flow.toxicity_ask_proxy_extreme,
    order_flow.toxicity_imbalance_mean,
    order_flow.toxicity_imbalance_last,
    order_flow.toxicity_imbalance_deviation,
    order_flow.toxicity_imbalance_slope,
    order_flow.toxicity_imbalance_extreme,
    order_flow.toxicity_trend_last,
    order_flow.toxicity_trend_deviation,
    order_flow.toxicity_trend_extreme,
    order_flow.vwap_mid_5_bps_mean,
    order_flow.vwap_mid_5_bps_last as vwap_mid_5_bps,
    order_flow.vwap_mid_5_bps_deviation,
    order_flow.vwap_mid_5_bps_slope,
    order_flow.vwap_mid_5_bps_extreme,
    order_flow.vwap_mid_10_bps_mean,
    order_flow.vwap_mid_10_bps_last,
    order_flow.vwap_mid_10_bps_deviation,
    order_flow.vwap_mid_10_bps_slope,
    order_flow.vwap_mid_10_bps_extreme,
    order_flow.microprice_5_bps_mean,
    order_flow.microprice_5_bps_last,
    order_flow.microprice_5_bps_deviation,
    order_flow.microprice_5_bps_slope,
    order_flow.microprice_5_bps_extreme,
    order_flow.queue_imbalance_mean,
    order_flow.queue_imbalance_last,
    order_flow.microprice_bps_mean,
    order_flow.microprice_bps_last,
    flows.book_volume_5_log_ratio,
    flows.book_volume_10_log_ratio,
    flows.bid_volume_5_variation,
    flows.ask_volume_5_variation,
    flows.book_volume_to_mean as book_volume_to_mean_24,
    flows.book_slope_to_mean as book_slope_to_mean_24,
    flows.order_size_to_mean as order_size_to_mean_24,
    trade_flow.trade_imbalance,
    flows.trade_imbalance_short as trade_imbalance_24,
    flows.trade_imbalance_long as trade_imbalance_168,
    decays.trade_imbalance_fast as trade_imbalance_decayed_1,
    decays.trade_imbalance_medium as trade_imbalance_decayed_6,
    decays.trade_imbalance_slow as trade_imbalance_decayed_24,
    flows.signed_volume_to_mean as signed_volume_to_mean_24,
    trade_flow.trade_count_imbalance,
    buckets.vpin as vpin_50,
    flows.vpin_of_bars as vpin_24,
    flows.kyle_lambda as kyle_lambda_24,
    flows.kyle_lambda_long as kyle_lambda_168,
    flows.hasbrouck_lambda_long as hasbrouck_lambda_168,
    flows.amihud_ratio as amihud_24_to_168,
    flows.trade_vwap_bps,
    trade_flow.largest_trade_share,
    trade_flow.trade_size_concentration,
    flows.trade_size_to_mean as trade_size_to_mean_24,
    flows.trade_arrival_to_mean as trade_arrival_to_mean_24,
    trade_flow.effective_spread_bps,
    flows.effective_to_quoted_spread,

    perpetuals.funding_rate_last,
    perpetuals.funding_sum_short as funding_sum_8,
    perpetuals.funding_sum as funding_sum_24,
    perpetuals.funding_zscore as funding_zscore_168,
    perpetuals.funding_annualised,
    perpetuals.estimated_funding_rate,
    perpetuals.funding_estimate_gap,
    perpetuals.premium_last,
    perpetuals.premium_mean_short as premium_mean_24,
    perpetuals.basis_bps,
    perpetuals.basis_mean_short as basis_mean_24,
    perpetuals.basis_slope_short as basis_slope_24,
    perpetuals.open_interest_change_1,
    perpetuals.open_interest_change_mid as open_interest_change_4,
    perpetuals.open_interest_change_short as open_interest_change_24,
    perpetuals.open_interest_quadrant_mid as open_interest_quadrant_4,
    perpetuals.open_interest_quadrant_short as open_interest_quadrant_24,
    perpetuals.open_interest_to_volume as open_interest_to_volume_24,

    comparisons.benchmark_return_1,
    comparisons.benchmark_return_4,
    comparisons.benchmark_return_24,
    comparisons.benchmark_return_lag_1,
    comparisons.benchmark_return_lag_2,
    comparisons.benchmark_return_lag_4,
    comparisons.residual_return_1,
    comparisons.residual_return_4,
    comparisons.residual_return_24,
    comparisons.relative_strength_1,
    comparisons.relative_strength_4,
    comparisons.relative_strength_24,
    comparisons.benchmark_beta as benchmark_beta_168,
    comparisons.benchmark_correlation as benchmark_correlation_168,
    comparisons.benchmark_volatility_ratio as benchmark_volatility_ratio_24,
    order_flow.sol_ret_1h_last,
    order_flow.btc_ret_1h_last,
    order_flow.rel_strength_1h_last,
    order_flow.btc_return_lag_1h_last,
    order_flow.btc_return_lag_2h_last,
    order_flow.btc_return_lag_4h_last,
    order_flow.btc_lead_signal_1h_last,
    order_flow.btc_lead_signal_2h_last,
    order_flow.btc_lead_signal_4h_last,
    order_flow.btc_lead_combined_last,
    flows.btc_close_return as btc_close_return_1,
    flows.btc_range,
    flows.btc_volume_to_mean as btc_volume_to_mean_24,

    sentiments.sentiment_mean,
    sentiments.sentiment_decayed,
    sentiments.sentiment_min,
    cast(sentiments.count_headlines as double) as headline_count,
    sentiments.sentiment_age_s,

    sin({{ cycle_angle(day_share('bars.bar_closed_at')) }}) as hour_sin,
    cos({{ cycle_angle(day_share('bars.bar_closed_at')) }}) as hour_cos,
    sin({{ cycle_angle(week_share('bars.bar_closed_at')) }}) as weekday_sin,
    cos({{ cycle_angle(week_share('bars.bar_closed_at')) }}) as weekday_cos,
    {{ us_session_flag('bars.bar_closed_at') }} as is_us_session,
    order_flow.hour_last,
    order_flow.day_of_week_last,
    order_flow.is_us_open_last,
    perpetuals.minutes_to_funding,

    perpetuals.funding_age_s,
    perpetuals.context_age_s,
from bars
left join averages
    on
        bars.coin = averages.coin
        and bars.bar_closed_at = averages.bar_closed_at
left join movements
    on
        bars.coin = movements.coin
        and bars.bar_closed_at = movements.bar_closed_at
left join returns
    on
        bars.coin = returns.coin
        and bars.bar_closed_at = returns.bar_closed_at
left join order_flow
    on
        bars.coin = order_flow.coin
        and bars.bar_closed_at = order_flow.bar_closed_at
left join trade_flow
    on
        bars.coin = trade_flow.coin
        and bars.bar_closed_at = trade_flow.bar_closed_at
left join flows
    on
        bars.coin = flows.coin
        and bars.bar_closed_at = flows.bar_closed_at
left join decays
    on
        bars.coin = decays.coin
        and bars.bar_closed_at = decays.bar_closed_at
left join buckets
    on
        bars.coin = buckets.coin
        and bars.bar_closed_at = buckets.bar_closed_at
left join perpetuals
    on
        bars.coin = perpetuals.coin
        and bars.bar_closed_at = perpetuals.bar_closed_at
left join comparisons
    on
        bars.coin = comparisons.coin
        and bars.bar_closed_at = comparisons.bar_closed_at
left join sentiments
    on
        bars.coin = sentiments.coin
        and bars.bar_closed_at = sentiments.bar_closed_at
