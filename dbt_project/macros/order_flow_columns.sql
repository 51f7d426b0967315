{#
    The order-flow contract, in one place. Each entry:
      name        column name, the same in the adopted files and in our own
      unit        usd, base, bps, ratio, fraction, flag, hour, day, base_per_fraction
      digits      decimals kept in order-free sums; |value| < 9.2e18 / 10^digits
      statistics  what a bar keeps of it, of: mean, last, deviation, slope, extreme
      is_own      true where it is also computed from our own recorded books
      is_price    true for a price level, which moves by small shares of itself
    Prices of the other coin and clock columns come with the files only.
#}
{% macro order_flow_columns() -%}
    {%- set columns = [] -%}
    {%- set full = ['mean', 'last', 'deviation'] -%}
    {%- set shaped = ['mean', 'last', 'deviation', 'slope', 'extreme'] -%}
    {%- set paired = ['mean', 'last'] -%}
    {%- set layout = [
        ('usd', 8, [], true, ['best_bid', 'best_ask', 'mid_price']),
        ('usd', 8, paired, true, ['spread']),
        ('bps', 8, full, true, ['spread_bps']),
        ('ratio', 12, shaped, true, ['depth_imbalance_5']),
        ('ratio', 12, full, true, ['depth_imbalance_10', 'depth_imbalance_20']),
        ('base', 6, full, true, [
            'bid_volume_5', 'bid_volume_10', 'ask_volume_5', 'ask_volume_10',
        ]),
        ('ratio', 12, shaped, true, ['ofi_ratio']),
        ('ratio', 12, full, true, [
            'order_count_imbalance_5', 'order_count_imbalance_10',
        ]),
        ('base', 6, paired, true, ['avg_bid_order_size', 'avg_ask_order_size']),
        ('ratio', 12, full, true, ['large_order_imbalance']),
        ('base_per_fraction', 6, paired, true, ['bid_slope', 'ask_slope']),
        ('ratio', 12, full, true, ['slope_imbalance']),
        ('ratio', 12, paired, true, ['bid_concentration', 'ask_concentration']),
        ('ratio', 12, full, true, ['concentration_imbalance']),
        ('fraction', 12, paired, true, [
            'depth_spread_5_pct', 'depth_spread_10_pct',
        ]),
        ('usd', 8, paired, true, [
            'bid_vwap_5', 'bid_vwap_10', 'ask_vwap_5', 'ask_vwap_10',
            'vwap_mid_5', 'vwap_mid_10',
        ]),
        ('ratio', 12, full, true, [
            'toxicity_bid_proxy', 'toxicity_ask_proxy', 'toxicity_imbalance',
            'toxicity_trend',
        ]),
        ('fraction', 10, paired, false, [
            'roc_1h', 'roc_4h', 'sma_diff_1h', 'sma_diff_4h',
        ]),
        ('flag', 6, paired, false, ['golden_cross']),
        ('fraction', 10, paired, false, ['bb_width_1h', 'bb_position_1h']),
        ('usd', 6, ['last'], false, ['btc_close', 'btc_high', 'btc_low']),
        ('base', 6, ['last'], false, ['btc_volume']),
        ('fraction', 10, paired, false, [
            'sol_ret_1h', 'btc_ret_1h', 'rel_strength_1h', 'btc_return_lag_1h',
            'btc_return_lag_2h', 'btc_return_lag_4h', 'btc_lead_signal_1h',
            'btc_lead_signal_2h', 'btc_lead_signal_4h', 'btc_lead_combined',
        ]),
        ('hour', 0, ['last'], false, ['hour']),
        ('day', 0, ['last'], false, ['day_of_week']),
        ('flag', 0, ['last'], false, ['is_us_open']),
    ] -%}
    {%- for unit, digits, statistics, is_own, names in layout -%}
        {%- for name in names -%}
            {%- do columns.append({
                'name': name,
                'unit': unit,
                'digits': digits,
                'statistics': statistics,
                'is_own': is_own,
                'is_price': unit == 'usd' and name != 'spread',
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{# Names of the order-flow contract, in its order. #}
{% macro order_flow_names() -%}
    {{ return(order_flow_columns() | map(attribute='name') | list) }}
{%- endmacro %}
