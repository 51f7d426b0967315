{#
    Names of a bar's order-flow statistics, in order: <column>_<statistic> for every
    statistic of every measure of a row.
#}
{% macro order_flow_statistic_names() -%}
    {%- set names = [] -%}
    {%- for column in order_flow_measures() -%}
        {%- for statistic in column['statistics'] -%}
            {%- do names.append(column['name'] ~ '_' ~ statistic) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#
    Select list of those statistics over rows that have order_key and offset_ms. The
    deviation and the slope keep three decimals less than the mean, to fit 128 bits.
    only_own: typed nulls for columns that our own books do not give.
#}
{% macro order_flow_statistics(only_own) %}
    {%- for column in order_flow_measures() %}
    {%- set name = column['name'] %}
    {%- set digits = column['digits'] %}
    {%- set fewer = [digits - 3, 0] | max %}
    {%- for statistic in column['statistics'] %}
    {%- if only_own and not column['is_own'] %}
    cast(null as double)
    {%- elif statistic == 'mean' %}
    {{ order_free_mean(name, digits) }}
    {%- elif statistic == 'last' %}
    {{ last_by(name, 'order_key') }}
    {%- elif statistic == 'deviation' %}
    {{ order_free_deviation(name, fewer) }}
    {%- elif statistic == 'slope' %}
    {{ order_free_slope(name, 'offset_ms', fewer) }}
    {%- else %}
    {{ safe_divide(
        'cast(count(*) filter (where abs(' ~ name ~ ') >= '
        ~ column['bound'] ~ ') as double)',
        'count(' ~ name ~ ')'
    ) }}
    {%- endif %} as {{ name }}_{{ statistic }},
    {%- endfor %}
    {%- endfor %}
{% endmacro %}
