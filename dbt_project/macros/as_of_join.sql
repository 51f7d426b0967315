{#
    Left join clause that adds to each row the latest row of `rows` at or before a
    moment (before it where is_strict), by equal keys.

    left: name of the relation joined to; rows: relation or bracketed select; alias:
    its name; keys: columns equal on both sides; moment, row_moment: columns of left
    and of rows. (keys, row_moment) must be free of ties.
#}
{% macro as_of_join(left, rows, alias, keys, moment, row_moment, is_strict=false) -%}
    {{ return(adapter.dispatch('as_of_join')(
        left, rows, alias, keys, moment, row_moment, is_strict
    )) }}
{%- endmacro %}

{% macro default__as_of_join(left, rows, alias, keys, moment, row_moment, is_strict) -%}
    asof left join {{ rows }} as {{ alias }}
        on
            {%- for key in keys %}
            {{ left }}.{{ key }} = {{ alias }}.{{ key }}
            and
            {%- endfor %}
            {{ left }}.{{ moment }} {{ '>' if is_strict else '>=' }}
            {{ alias }}.{{ row_moment }}
{%- endmacro %}

{% macro spark__as_of_join(left, rows, alias, keys, moment, row_moment, is_strict) -%}
    left join lateral (
        select *
        from {{ rows }} as candidates
        where
            {%- for key in keys %}
            candidates.{{ key }} = {{ left }}.{{ key }}
            and
            {%- endfor %}
            candidates.{{ row_moment }} {{ '<' if is_strict else '<=' }}
            {{ left }}.{{ moment }}
        order by candidates.{{ row_moment }} desc
        limit 1
    ) as {{ alias }}
{%- endmacro %}
