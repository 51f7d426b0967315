{# Variance of a bar from its range (Parkinson 1980). #}
{% macro parkinson_variance(high, low) -%}
    (power({{ log_ratio(high, low) }}, 2) / (4 * ln(2)))
{%- endmacro %}


{# Variance of a bar from its range and body (Garman, Klass 1980). #}
{% macro garman_klass_variance(open, high, low, close) -%}
    (
        power({{ log_ratio(high, low) }}, 2) / 2
        - (2 * ln(2) - 1) * power({{ log_ratio(close, open) }}, 2)
    )
{%- endmacro %}


{# Variance free of jumps from two returns (Barndorff-Nielsen, Shephard 2004). #}
{% macro bipower_variance(later_return, earlier_return) -%}
    (abs({{ later_return }}) * abs({{ earlier_return }}) * pi() / 2)
{%- endmacro %}


{# Square of a return below zero, 0 for another, null for an unknown one. #}
{% macro downside_square(value) -%}
    case
        when {{ value }} < 0 then {{ value }} * {{ value }}
        when {{ value }} >= 0 then 0.0e0
    end
{%- endmacro %}
