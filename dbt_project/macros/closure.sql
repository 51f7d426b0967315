{#
    Rounds of joining a relation with itself after which every path between `count`
    nodes is found: the length of the paths found doubles with each.
#}
{% macro doubling_rounds(count) -%}
    {%- set found = namespace(rounds=0, length=1) -%}
    {%- for step in range(64) if found.length < count -%}
        {%- set found.rounds = found.rounds + 1 -%}
        {%- set found.length = found.length * 2 -%}
    {%- endfor -%}
    {{- return(found.rounds) -}}
{%- endmacro %}
