{#
    The ten features of Pillai, Ajith, Sumesh (2026) as two readers list them: name,
    the feature that is it, and whose list has it. Eight agree; the Bollinger and the
    volatility columns differ.
#}
{% macro paper_requirements() -%}
    {{- return([
        ('EMA 50', 'ema_50', 'both'),
        ('EMA 200', 'ema_200', 'both'),
        ('EMA 50 / EMA 200', 'ema_50_to_200', 'both'),
        ('MACD line', 'macd_line', 'both'),
        ('MACD signal', 'macd_signal', 'first'),
        ('MACD histogram', 'macd_histogram', 'both'),
        ('RSI 14', 'rsi_14', 'both'),
        ('Bollinger width', 'bollinger_width', 'first'),
        ('Bollinger upper', 'bollinger_upper', 'second'),
        ('Bollinger lower', 'bollinger_lower', 'second'),
        ('ATR 14', 'atr_14', 'both'),
        ('Deviation of returns 20', 'return_deviation_20', 'first'),
        ('Deviation of the close 20', 'close_deviation_20', 'second'),
    ]) -}}
{%- endmacro %}


{#
    What features are made from: `name` as in meta.source_table, the relation and the
    coin whose rows are counted by the bar of their `moment`, and what to do where there
    are none.
#}
{% macro feature_sources() -%}
    {%- set trade_coin = var('trade_coin') -%}
    {{- return([
        {
            'name': 'bars', 'relation': ref('bars'), 'coin': trade_coin,
            'moment': 'bar_closed_at', 'condition': 'has_price',
            'remedy': 'ingest candles --coin ' ~ trade_coin ~ ', or record',
        },
        {
            'name': 'benchmark_bars', 'relation': ref('bars'),
            'coin': var('benchmark_coin'),
            'moment': 'bar_closed_at', 'condition': 'has_price',
            'remedy': 'ingest candles --coin ' ~ var('benchmark_coin'),
        },
        {
            'name': 'order_flow', 'coin': trade_coin,
            'relation': ref('int_order_flow_aggregated_to_bars'),
            'moment': 'bar_closed_at', 'condition': 'true',
            'remedy': 'ingest lakehouse, or record books',
        },
        {
            'name': 'lakehouse', 'coin': trade_coin,
            'relation': ref('int_lakehouse_order_flow_aggregated_to_bars'),
            'moment': 'bar_closed_at', 'condition': 'true',
            'remedy': 'ingest lakehouse',
        },
        {
            'name': 'book_snapshots', 'coin': trade_coin,
            'relation': ref('int_book_order_flow_aggregated_to_bars'),
            'moment': 'bar_closed_at', 'condition': 'true',
            'remedy': 'record, or ingest books',
        },
        {
            'name': 'trades', 'coin': trade_coin,
            'relation': ref('int_trade_flow_aggregated_to_bars'),
            'moment': 'bar_closed_at', 'condition': 'true',
            'remedy': 'record, or ingest trades',
        },
        {
            'name': 'funding_rates', 'coin': trade_coin,
            'relation': ref('int_funding_rates_aligned_to_hours'),
            'moment': bar_closed_at_edge('funding_hour_at'), 'condition': 'is_present',
            'remedy': 'ingest funding --coin ' ~ trade_coin,
        },
        {
            'name': 'asset_contexts', 'coin': trade_coin,
            'relation': ref('stg_hyperliquid__asset_contexts'),
            'moment': bar_closed_at('event_at'), 'condition': 'true',
            'remedy': 'record, or ingest archive',
        },
        {
            'name': 'headlines', 'coin': trade_coin,
            'relation': ref('sentiment_bars'),
            'moment': 'bar_closed_at', 'condition': 'count_scored > 0',
            'remedy': 'ingest headlines, then score',
        },
        {
            'name': 'clock', 'coin': trade_coin, 'relation': ref('bars'),
            'moment': 'bar_closed_at', 'condition': 'true', 'remedy': 'ingest anything',
        },
    ]) -}}
{%- endmacro %}


{# The names of the order-flow contract as rows of one column. #}
{% macro order_flow_rows() -%}
    {%- set rows = [] -%}
    {%- for name in order_flow_names() -%}
        {%- do rows.append([name]) -%}
    {%- endfor -%}
    {{- return(rows) -}}
{%- endmacro %}


{# Each source's name and what to do where it is missing, as rows. #}
{% macro source_remedies() -%}
    {%- set rows = [] -%}
    {%- for source in feature_sources() -%}
        {%- do rows.append([source.name, source.remedy]) -%}
    {%- endfor -%}
    {{- return(rows) -}}
{%- endmacro %}
