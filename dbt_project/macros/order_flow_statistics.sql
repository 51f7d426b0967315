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
    Select list of the scaled whole numbers that the statistics add up, one of each
    measure with a deviation or a slope: <measure>_whole. A step of its own, so that a
    value is scaled once for its four sums.
    only_own: those of columns that our own books give.
#}
{% macro order_flow_whole_numbers(measures, only_own) %}
    {%- for measure in measures if is_summed_whole(measure, only_own) %}
    {{ whole_number_within(
        measure['name'], measure['digits'], whole_number_bound(measure)
    ) }} as {{ measure['name'] }}_whole,
    {%- endfor %}
{% endmacro %}

{% macro is_summed_whole(measure, only_own) -%}
    {%- set kept = measure['statistics'] -%}
    {%- set is_given = measure['is_own'] or not only_own -%}
    {{ return(is_given and ('deviation' in kept or 'slope' in kept)) }}
{%- endmacro %}


{#
    Measures around zero: their squares may be rounded, one by one, to 53 bits, for the
    mean is not far larger than the deviation. Prices and sizes are squared exactly.
#}
{% macro is_around_zero(measure) -%}
    {{ return(measure['unit'] in ['ratio', 'fraction', 'flag']) }}
{%- endmacro %}


{# Decimals kept of such squares: two or three more than the value has. #}
{% macro square_digits(measure) -%}
    {{ return((measure['digits'] + 3) // 2 * 2) }}
{%- endmacro %}


{# Size from which a value counts as missing: its whole number or square overflows. #}
{% macro whole_number_bound(measure) -%}
    {%- if is_around_zero(measure) -%}
        {{ return('3e' ~ (9 - square_digits(measure) // 2)) }}
    {%- endif -%}
    {{ return('1e' ~ (16 - measure['digits'])) }}
{%- endmacro %}


{#
    Select list of the statistics over rows that have order_key, moment_us (from the
    middle of the bar) and the whole numbers above. Measured on 10.8 million rows and 40
    columns: 128-bit products cost four times what 64-bit numbers do, so that only
    prices and sizes have them; the slope adds rounded products, because its moments lie
    around zero and nothing cancels. A sum costs almost nothing beside the scan.
    only_own: typed nulls for columns that our own books do not give.
#}
{% macro order_flow_statistics(only_own, measures=none) %}
    {%- for measure in measures or order_flow_measures() %}
    {%- set name = measure['name'] %}
    {%- set digits = measure['digits'] %}
    {%- set whole = name ~ '_whole' %}
    {%- set spread = sum_of_rounded_squares(
        whole, digits, square_digits(measure)
    ) if is_around_zero(measure) else sum_of_exact_squares(whole, digits) %}
    {%- for statistic in measure['statistics'] %}
    {%- if only_own and not measure['is_own'] %}
    cast(null as double)
    {%- elif statistic == 'mean' and is_summed_whole(measure, only_own) %}
    (cast(sum({{ whole }}) as double) / nullif(count({{ whole }}), 0) / 1e{{ digits }})
    {%- elif statistic == 'mean' %}
    {{ order_free_mean(name, digits) }}
    {%- elif statistic == 'last' %}
    {{ last_by(name, 'order_key') }}
    {%- elif statistic == 'deviation' %}
    sqrt({{ spread }} / nullif(count({{ whole }}), 0))
    {%- elif statistic == 'slope' %}
    {{ slope_of_whole(whole, 'moment_us', digits, spread) }}
    {%- else %}
    {{ safe_divide(
        'cast(count_if(abs(' ~ name ~ ') >= ' ~ measure['bound'] ~ ') as double)',
        'count(' ~ name ~ ')'
    ) }}
    {%- endif %} as {{ name }}_{{ statistic }},
    {%- endfor %}
    {%- endfor %}
{% endmacro %}
