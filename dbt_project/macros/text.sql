{#
    Title without case, punctuation and spacing, so that one story sent twice is seen
    as one.
#}
{% macro normalised_title(title) -%}
    {{ return(adapter.dispatch('normalised_title')(title)) }}
{%- endmacro %}

{% macro default__normalised_title(title) -%}
    trim(regexp_replace(lower({{ title }}), '[^\p{L}\p{N}]+', ' ', 'g'))
{%- endmacro %}

{% macro spark__normalised_title(title) -%}
    trim(regexp_replace(lower({{ title }}), '[^\\p{L}\\p{N}]+', ' '))
{%- endmacro %}


{# The different values of a text over a group, sorted, as one text. #}
{% macro distinct_list(value) -%}
    {{ return(adapter.dispatch('distinct_list')(value)) }}
{%- endmacro %}

{% macro default__distinct_list(value) -%}
    string_agg(distinct {{ value }}, ', ' order by {{ value }})
{%- endmacro %}

{% macro spark__distinct_list(value) -%}
    array_join(sort_array(collect_set({{ value }})), ', ')
{%- endmacro %}
