{#
    Expression that yields one row per step from `first` to `last`, both included, for
    use in a select list. step_s: seconds between rows.
#}
{% macro moments_between(first, last, step_s) -%}
    {{ return(adapter.dispatch('moments_between')(first, last, step_s)) }}
{%- endmacro %}

{% macro default__moments_between(first, last, step_s) -%}
    unnest(generate_series({{ first }}, {{ last }}, to_seconds({{ step_s }})))
{%- endmacro %}

{% macro spark__moments_between(first, last, step_s) -%}
    explode(sequence({{ first }}, {{ last }}, make_dt_interval(0, 0, 0, {{ step_s }})))
{%- endmacro %}
