{#
    An exponential mean of `value` whose weights halve with every `half_life` bars; for
    exponential_means. The first mean is as long as the average of that rate.
#}
{% macro halving_mean(name, value, half_life) %}
    {%- set rate = 1 - 0.5 ** (1 / divisor(half_life)) -%}
    {%- set bars = [(2 / rate - 1) | round(0, 'ceil') | int, 2] | max -%}
    {{- return(exponential_mean(name, value, bars, rate)) -}}
{% endmacro %}


{#
    Half-lives of order flow, bars, by the word that columns carry for each.
#}
{% macro flow_half_lives() -%}
    {{- return({
        'fast': var('flow_half_life_fast_bars'),
        'medium': var('flow_half_life_medium_bars'),
        'slow': var('flow_half_life_slow_bars'),
    }) -}}
{%- endmacro %}
