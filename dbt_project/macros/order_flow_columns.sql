{#
    The order-flow contract, in one place. Each entry:
      name        column name, the same in the adopted files and in our own
      unit        usd, base, bps, ratio, fraction, flag, hour, day, base_per_fraction
      digits      decimals kept in order-free sums; |value| < 9.2e18 / 10^digits, and
                  1e16 / 10^digits in deviations and slopes
      statistics  what a bar keeps of it, of: mean, last, deviation, slope, extreme
      bound       absolute value from which a row counts as extreme, in its unit
      is_own      true where it is also computed from our own recorded books
      is_price    true for a price level, which moves by small shares of itself
    Columns free of price and size have the five statistics; levels have those that a
    scale-free feature needs; what is a statistic of bars already has its last value.
    Prices of the other coin and clock columns come with the files only.
#}
{% macro order_flow_columns() -%}
    {%- set columns = [] -%}
    {%- set paired = ['mean', 'last'] -%}
    {%- set spread = ['mean', 'last', 'deviation'] -%}
    {%- set shaped = ['mean', 'last', 'deviation', 'slope', 'extreme'] -%}
    {%- set balance = var('extreme_imbalance') -%}
    {%- set layout = [
        ('usd', 8, [], none, true, ['best_bid', 'best_ask', 'mid_price']),
        ('usd', 8, paired, none, true, ['spread']),
        ('bps', 12, shaped, var('extreme_spread_bps'), true, ['spread_bps']),
        ('ratio', 12, shaped, balance, true, [
            'depth_imbalance_5', 'depth_imbalance_10', 'depth_imbalance_20',
        ]),
        ('base', 6, spread, none, true, [
            'bid_volume_5', 'bid_volume_10', 'ask_volume_5', 'ask_volume_10',
        ]),
        ('ratio', 12, shaped, balance, true, [
            'ofi_ratio', 'order_count_imbalance_5', 'order_count_imbalance_10',
        ]),
        ('base', 8, paired, none, true, ['avg_bid_order_size', 'avg_ask_order_size']),
        ('ratio', 12, shaped, balance, true, ['large_order_imbalance']),
        ('base_per_fraction', 6, paired, none, true, ['bid_slope', 'ask_slope']),
        ('ratio', 12, shaped, balance, true, ['slope_imbalance']),
        ('ratio', 12, paired, none, true, ['bid_concentration', 'ask_concentration']),
        ('ratio', 12, shaped, var('extreme_concentration'), true, [
            'concentration_imbalance',
        ]),
        ('fraction', 15, shaped, var('extreme_depth_spread_5'), true, [
            'depth_spread_5_pct',
        ]),
        ('fraction', 15, shaped, var('extreme_depth_spread_10'), true, [
            'depth_spread_10_pct',
        ]),
        ('usd', 8, [], none, true, [
            'bid_vwap_5', 'bid_vwap_10', 'ask_vwap_5', 'ask_vwap_10',
            'vwap_mid_5', 'vwap_mid_10',
        ]),
        ('ratio', 12, shaped, balance, true, [
            'toxicity_bid_proxy', 'toxicity_ask_proxy', 'toxicity_imbalance',
        ]),
        ('ratio', 12, ['last', 'deviation', 'extreme'], balance, true, [
            'toxicity_trend',
        ]),
        ('fraction', 10, ['last'], none, false, [
            'roc_1h', 'roc_4h', 'sma_diff_1h', 'sma_diff_4h',
        ]),
        ('flag', 6, ['last'], none, false, ['golden_cross']),
        ('fraction', 10, ['last'], none, false, ['bb_width_1h', 'bb_position_1h']),
        ('usd', 6, ['last'], none, false, ['btc_close', 'btc_high', 'btc_low']),
        ('base', 6, ['last'], none, false, ['btc_volume']),
        ('fraction', 10, ['last'], none, false, [
            'sol_ret_1h', 'btc_ret_1h', 'rel_strength_1h', 'btc_return_lag_1h',
            'btc_return_lag_2h', 'btc_return_lag_4h', 'btc_lead_signal_1h',
            'btc_lead_signal_2h', 'btc_lead_signal_4h', 'btc_lead_combined',
        ]),
        ('hour', 0, ['last'], none, false, ['hour']),
        ('day', 0, ['last'], none, false, ['day_of_week']),
        ('flag', 0, ['last'], none, false, ['is_us_open']),
    ] -%}
    {%- for unit, digits, statistics, bound, is_own, names in layout -%}
        {%- for name in names -%}
            {%- do columns.append({
                'name': name,
                'unit': unit,
                'digits': digits,
                'statistics': statistics,
                'bound': bound,
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


{#
    What a bar takes statistics of: the contract's columns, and what follows from them
    row by row, the same for adopted files and our own books. Entries as above, with
    the `expression` over the contract's columns.
#}
{% macro order_flow_measures() -%}
    {%- set measures = [] -%}
    {%- set shaped = ['mean', 'last', 'deviation', 'slope', 'extreme'] -%}
    {%- for column in order_flow_columns() -%}
        {%- do measures.append(dict(column, expression=column['name'])) -%}
    {%- endfor -%}
    {%- set layout = [
        ('ratio', 'order_size_imbalance', var('extreme_order_size'),
            imbalance('avg_bid_order_size', 'avg_ask_order_size')),
        ('bps', 'vwap_mid_5_bps', var('extreme_vwap_mid_bps'),
            in_bps(safe_divide('vwap_mid_5 - mid_price', 'mid_price'))),
        ('bps', 'vwap_mid_10_bps', var('extreme_vwap_mid_bps'),
            in_bps(safe_divide('vwap_mid_10 - mid_price', 'mid_price'))),
        ('bps', 'microprice_5_bps', var('extreme_microprice_bps'),
            microprice_bps('spread_bps', 'depth_imbalance_5')),
    ] -%}
    {%- for unit, name, bound, expression in layout -%}
        {%- do measures.append({
            'name': name,
            'unit': unit,
            'digits': 12,
            'statistics': shaped,
            'bound': bound,
            'is_own': true,
            'is_price': false,
            'expression': expression,
        }) -%}
    {%- endfor -%}
    {{ return(measures) }}
{%- endmacro %}
