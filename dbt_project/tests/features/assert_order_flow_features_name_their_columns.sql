-- A feature of order flow names the columns of the contract that it follows from, so
-- that a column that disagrees with our own recordings can bar it.
{%- set found = [] %}
{%- for feature in feature_catalog() %}
    {%- set columns = feature.source_columns %}
    {%- if feature.source_table in ['order_flow', 'lakehouse'] and not columns %}
        {%- do found.append(feature.name ~ ': names no order-flow column') %}
    {%- endif %}
    {%- for column in columns if column not in order_flow_names() %}
        {%- do found.append(feature.name ~ ': no order-flow column ' ~ column) %}
    {%- endfor %}
{%- endfor %}
{{ violation_rows(found) }}
