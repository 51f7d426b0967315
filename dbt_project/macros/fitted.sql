{#
    A decimal column of a raw table, rounded to its places where the source gave more
    digits than the type holds: such a cell is null and its text stands in the column
    `unfit_values`, a JSON object of column to text.
#}
{% macro fitted(name, type) -%}
    coalesce({{ name }}, {{ adapter.dispatch('unfit_number')(name, type) }})
{%- endmacro %}

{% macro default__unfit_number(name, type) -%}
    try_cast(json_extract_string(unfit_values, '$.{{ name }}') as {{ type }})
{%- endmacro %}

{% macro spark__unfit_number(name, type) -%}
    try_cast(get_json_object(unfit_values, '$.{{ name }}') as {{ type }})
{%- endmacro %}
