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
