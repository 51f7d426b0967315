{#
    Aggregates that give the same bits in any order of rows and for any number of
    threads. A parallel sum of doubles does not: rounding depends on the order. So
    values are scaled to whole numbers first, which add exactly.

    digits: decimals kept; |value| must stay below 9.2e18 / 10^digits, and a value
    that does not fit, or is not a number, counts as missing.
#}
{% macro scaled_integer(value, digits) -%}
    try_cast(round(({{ value }}) * 1e{{ digits }}) as bigint)
{%- endmacro %}


{% macro order_free_sum(value, digits=9) -%}
    (cast(sum({{ scaled_integer(value, digits) }}) as double) / 1e{{ digits }})
{%- endmacro %}


{% macro order_free_mean(value, digits=9) -%}
    (
        cast(sum({{ scaled_integer(value, digits) }}) as double)
        / nullif(count({{ scaled_integer(value, digits) }}), 0)
        / 1e{{ digits }}
    )
{%- endmacro %}


{#
    Population standard deviation. Counts, sums and squares are whole numbers of
    128 bits, so n * sum(x^2) - sum(x)^2 is exact and a constant gives exactly 0.
    |value| must stay below 1e16 / 10^digits.
#}
{% macro order_free_deviation(value, digits=9) -%}
    (
        sqrt(cast(
            count({{ scaled_integer(value, digits) }})
            * sum({{ scaled_square(value, digits) }})
            - sum({{ scaled_integer(value, digits) }})
            * sum({{ scaled_integer(value, digits) }})
            as double
        ))
        / nullif(count({{ scaled_integer(value, digits) }}), 0)
        / 1e{{ digits }}
    )
{%- endmacro %}

{% macro scaled_square(value, digits) -%}
    {{ return(adapter.dispatch('scaled_square')(value, digits)) }}
{%- endmacro %}

{% macro default__scaled_square(value, digits) -%}
    cast({{ scaled_integer(value, digits) }} as hugeint)
    * cast({{ scaled_integer(value, digits) }} as hugeint)
{%- endmacro %}

{% macro spark__scaled_square(value, digits) -%}
    cast({{ scaled_integer(value, digits) }} as decimal(19, 0))
    * cast({{ scaled_integer(value, digits) }} as decimal(19, 0))
{%- endmacro %}


{#
    Value of the row with the largest key among rows whose value is known. The key
    must be free of ties, else the pick depends on the order of rows.
#}
{% macro last_by(value, order_key) -%}
    {{ return(adapter.dispatch('last_by')(value, order_key)) }}
{%- endmacro %}

{% macro default__last_by(value, order_key) -%}
    max_by({{ value }}, {{ order_key }})
{%- endmacro %}

{% macro spark__last_by(value, order_key) -%}
    max_by({{ value }}, case when {{ value }} is not null then {{ order_key }} end)
{%- endmacro %}


{% macro first_by(value, order_key) -%}
    {{ return(adapter.dispatch('first_by')(value, order_key)) }}
{%- endmacro %}

{% macro default__first_by(value, order_key) -%}
    min_by({{ value }}, {{ order_key }})
{%- endmacro %}

{% macro spark__first_by(value, order_key) -%}
    min_by({{ value }}, case when {{ value }} is not null then {{ order_key }} end)
{%- endmacro %}
