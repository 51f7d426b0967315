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


{# Variance of a bar from its range, free of drift (Rogers, Satchell 1991). #}
{% macro rogers_satchell_variance(open, high, low, close) -%}
    (
        {{ log_ratio(high, close) }} * {{ log_ratio(high, open) }}
        + {{ log_ratio(low, close) }} * {{ log_ratio(low, open) }}
    )
{%- endmacro %}


{# Weight of the bodies' variance over so many bars that errs least (Yang, Zhang 2000). #}
{% macro yang_zhang_weight(bars) -%}
    {{- return(0.34 / (1.34 + (bars + 1) / divisor(bars - 1))) -}}
{%- endmacro %}


{# Variance free of jumps from two returns (Barndorff-Nielsen, Shephard 2004). #}
{% macro bipower_variance(later_return, earlier_return) -%}
    (abs({{ later_return }}) * abs({{ earlier_return }}) * pi() / 2)
{%- endmacro %}


{# Square of a return above zero, 0 for another, null for an unknown one. #}
{% macro upside_square(value) -%}
    case
        when {{ value }} > 0 then {{ value }} * {{ value }}
        when {{ value }} <= 0 then 0.0e0
    end
{%- endmacro %}


{# Square of a return below zero, 0 for another, null for an unknown one. #}
{% macro downside_square(value) -%}
    case
        when {{ value }} < 0 then {{ value }} * {{ value }}
        when {{ value }} >= 0 then 0.0e0
    end
{%- endmacro %}


{# Skewness of returns from means of their powers, around 0 (Amaya et al. 2015). #}
{% macro realised_skewness(mean_square, mean_cube) -%}
    {{ safe_divide(mean_cube, 'power(' ~ mean_square ~ ', 1.5e0)') }}
{%- endmacro %}


{# Kurtosis of returns from means of their powers, around 0 (Amaya et al. 2015). #}
{% macro realised_kurtosis(mean_square, mean_fourth) -%}
    {{ safe_divide(mean_fourth, mean_square ~ ' * ' ~ mean_square) }}
{%- endmacro %}
