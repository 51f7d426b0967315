{#
    Columns as rows: `feature`, `feature_value` and the columns in `kept`, unknown
    values too. names: columns of one type; none while dbt parses, so no rows.
#}
{% macro columns_listed(relation, names, kept) -%}
    {%- if names -%}
        {{ return(adapter.dispatch('columns_listed')(relation, names, kept)) }}
    {%- else -%}
        {{ empty_rows([
            {'name': 'feature', 'type': 'varchar'},
            {'name': 'feature_value', 'type': 'double'},
        ]) }}
    {%- endif -%}
{%- endmacro %}

{# Also the form of Spark from 3.4 on. #}
{% macro default__columns_listed(relation, names, kept) -%}
    select
        feature,
        feature_value,
        {%- for name in kept %}
        {{ name }},
        {%- endfor %}
    from {{ relation }}
    unpivot include nulls (
        feature_value for feature in (
            {%- for name in names %}
            {{ name }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        )
    )
{%- endmacro %}


{# Aggregate: the values as one vector, in the order of a key free of ties. #}
{% macro vector_of(value, order_key) -%}
    {{ return(adapter.dispatch('vector_of')(value, order_key)) }}
{%- endmacro %}

{% macro default__vector_of(value, order_key) -%}
    list(cast({{ value }} as double) order by {{ order_key }})
{%- endmacro %}

{% macro spark__vector_of(value, order_key) -%}
    transform(
        array_sort(collect_list(
            struct({{ order_key }} as place, cast({{ value }} as double) as value)
        )),
        pair -> pair.value
    )
{%- endmacro %}


{#
    Sum of the products of two vectors of one length. Whole numbers whose products and
    sums stay below 9e15 are added exactly, so no order moves a bit.
#}
{% macro inner_product(a, b) -%}
    {{ return(adapter.dispatch('inner_product')(a, b)) }}
{%- endmacro %}

{% macro default__inner_product(a, b) -%}
    list_inner_product({{ a }}, {{ b }})
{%- endmacro %}

{% macro spark__inner_product(a, b) -%}
    aggregate(
        zip_with({{ a }}, {{ b }}, (x, y) -> x * y), cast(0 as double), (s, v) -> s + v
    )
{%- endmacro %}


{# Correlation from count, sums, sums of squares and of products; null of a constant. #}
{% macro correlation_of_sums(count, sum_a, sum_b, sum_aa, sum_bb, sum_ab) -%}
    {{ safe_divide(
        count ~ ' * ' ~ sum_ab ~ ' - ' ~ sum_a ~ ' * ' ~ sum_b,
        'sqrt(' ~ count ~ ' * ' ~ sum_aa ~ ' - ' ~ sum_a ~ ' * ' ~ sum_a ~ ')'
        ~ ' * sqrt(' ~ count ~ ' * ' ~ sum_bb ~ ' - ' ~ sum_b ~ ' * ' ~ sum_b ~ ')'
    ) }}
{%- endmacro %}
