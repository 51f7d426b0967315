{# Quantile with interpolation, over a group; the same in any order of rows. #}
{% macro quantile_of(value, share) -%}
    {{ return(adapter.dispatch('quantile_of')(value, share)) }}
{%- endmacro %}

{% macro default__quantile_of(value, share) -%}
    quantile_cont({{ value }}, {{ share }})
{%- endmacro %}

{% macro spark__quantile_of(value, share) -%}
    percentile({{ value }}, {{ share }})
{%- endmacro %}


{# Median, as a group or window aggregate. #}
{% macro median_of(value) -%}
    median({{ value }})
{%- endmacro %}


{# Standard deviation of a normal variable per median absolute value, 1 / 0.6745. #}
{% macro normal_deviations_per_median() -%}
    1.4826
{%- endmacro %}
