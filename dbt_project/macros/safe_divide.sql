{# Ratio that is null, not an error and not infinite, where the divisor is 0. #}
{% macro safe_divide(numerator, denominator) -%}
    (({{ numerator }}) / nullif({{ denominator }}, 0))
{%- endmacro %}
