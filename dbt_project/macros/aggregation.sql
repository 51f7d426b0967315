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
    Whole number below 1e13 in size, so that products and sums of up to a million rows
    fit 128 bits; a value beyond counts as missing.
#}
{% macro bounded_integer(value, digits) -%}
    case
        when abs({{ value }}) < 1e{{ 13 - digits }}
            then {{ whole_number('round((' ~ value ~ ') * 1e' ~ digits ~ ')') }}
    end
{%- endmacro %}

{% macro whole_number(value) -%}
    {{ return(adapter.dispatch('whole_number')(value)) }}
{%- endmacro %}

{% macro default__whole_number(value) -%}
    cast({{ value }} as bigint)
{%- endmacro %}

{% macro spark__whole_number(value) -%}
    cast({{ value }} as decimal(14, 0))
{%- endmacro %}


{# Product of two whole numbers below 1e13, exact. #}
{% macro exact_product(a, b) -%}
    {{ return(adapter.dispatch('exact_product')(a, b)) }}
{%- endmacro %}

{% macro default__exact_product(a, b) -%}
    cast({{ a }} as hugeint) * {{ b }}
{%- endmacro %}

{% macro spark__exact_product(a, b) -%}
    {{ a }} * {{ b }}
{%- endmacro %}


{#
    Population standard deviation. Counts, sums and sums of squares are whole numbers,
    so n * sum(x^2) - sum(x)^2 is exact and a constant gives exactly 0.
    digits: decimals kept; |value| must stay below 1e13 / 10^digits.
#}
{% macro order_free_deviation(value, digits=6) -%}
    {%- set whole = bounded_integer(value, digits) -%}
    (
        sqrt(cast(
            count({{ whole }}) * sum({{ exact_product(whole, whole) }})
            - sum({{ whole }}) * sum({{ whole }})
            as double
        ))
        / nullif(count({{ whole }}), 0)
        / 1e{{ digits }}
    )
{%- endmacro %}


{#
    Change over one bar by least squares of a value on time, exact like the deviation;
    null where all rows share one time.
    offset_ms: milliseconds from the bar's left edge; |value| as above.
#}
{% macro order_free_slope(value, offset_ms, digits=6) -%}
    {%- set whole = bounded_integer(value, digits) -%}
    {%- set moment = 'case when ' ~ whole ~ ' is not null then '
        ~ whole_number(offset_ms) ~ ' end' -%}
    (
        cast(
            count({{ whole }}) * sum({{ exact_product(whole, moment) }})
            - sum({{ whole }}) * sum({{ moment }})
            as double
        )
        / nullif(cast(
            count({{ whole }}) * sum({{ exact_product(moment, moment) }})
            - sum({{ moment }}) * sum({{ moment }})
            as double
        ), 0)
        / 1e{{ digits }}
        * {{ bar_seconds() * 1000 }}
    )
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


{#
    Population standard deviation from a count, a sum and a sum of squares of whole
    numbers, exact like order_free_deviation, also where the sums are of a window.
    digits: decimals that the whole numbers keep.
#}
{% macro deviation_of_sums(count, total, squares, digits) -%}
    (
        sqrt(cast(({{ count }}) * ({{ squares }}) - ({{ total }}) * ({{ total }}) as double))
        / nullif({{ count }}, 0)
        / 1e{{ digits }}
    )
{%- endmacro %}


{# Value of a sum of whole numbers that keep so many decimals. #}
{% macro value_of_sum(total, digits) -%}
    (cast({{ total }} as double) / 1e{{ digits }})
{%- endmacro %}
