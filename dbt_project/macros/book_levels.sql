{# Levels a side that a stored book snapshot has. #}
{% macro book_levels() -%}
    {{ return(20) }}
{%- endmacro %}
