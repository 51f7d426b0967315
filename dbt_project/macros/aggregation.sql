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
    A value as a scaled whole number; missing from `bound` in size, as what is not a
    number is.
#}
{% macro whole_number_within(value, digits, bound) -%}
    case
        when abs({{ value }}) < {{ bound }} then {{ scaled_whole(value, digits) }}
    end
{%- endmacro %}

{% macro scaled_whole(value, digits) -%}
    {{ return(adapter.dispatch('scaled_whole')(value, digits)) }}
{%- endmacro %}

{% macro default__scaled_whole(value, digits) -%}
    cast({{ value }} * 1e{{ digits }} as bigint)
{%- endmacro %}

{% macro spark__scaled_whole(value, digits) -%}
    cast(round({{ value }} * 1e{{ digits }}) as bigint)
{%- endmacro %}


{#
    A value as a scaled whole number of 64 bits; missing where it does not fit or is
    not a number. Beside a bound of its own it saves a third of the scaling.
#}
{% macro whole_number_that_fits(value, digits) -%}
    {{ return(adapter.dispatch('whole_number_that_fits')(value, digits)) }}
{%- endmacro %}

{% macro default__whole_number_that_fits(value, digits) -%}
    try_cast({{ value }} * 1e{{ digits }} as bigint)
{%- endmacro %}

{% macro spark__whole_number_that_fits(value, digits) -%}
    try_cast(round({{ value }} * 1e{{ digits }}) as bigint)
{%- endmacro %}


{#
    Sum of squared distances from the mean, exact to the last rounding: the squares are
    taken off a whole number next to the mean before anything is rounded. A constant
    gives exactly 0. Up to a million rows below 1e16 in size fit 128 bits.
    count, total, squares: of whole numbers that keep so many digits.
#}
{% macro spread_of_exact_squares(count, total, squares, digits) -%}
    {%- set known = 'nullif(' ~ count ~ ', 0)' -%}
    {%- set centre = whole_quotient(total, known) -%}
    {%- set rest = '(' ~ total ~ ' - ' ~ known ~ ' * ' ~ centre ~ ')' -%}
    (
        (
            cast(
                {{ squares }} - {{ centre }} * {{ total }} - {{ centre }} * {{ rest }}
                as double
            )
            - cast({{ rest }} as double) * cast({{ rest }} as double) / {{ known }}
        )
        / 1e{{ 2 * digits }}
    )
{%- endmacro %}


{# 2^-64, exact: the square of a whole number of 64 bits fits 64 bits again. #}
{% macro square_scale() -%}
    {{- return('5.421010862427522e-20') -}}
{%- endmacro %}


{# Squares of whole numbers of 64 bits, rounded one by one to that scale. #}
{% macro sum_of_rounded_squares(whole) -%}
    {%- set size = 'cast(' ~ whole ~ ' as double)' -%}
    sum(cast({{ size }} * {{ size }} * {{ square_scale() }} as bigint))
{%- endmacro %}


{# Products of whole numbers and moments of a scale, rounded one by one. #}
{% macro sum_of_rounded_products(whole, moment, scale) -%}
    sum(cast(cast({{ whole }} as double) * ({{ moment }} * {{ scale }}) as bigint))
{%- endmacro %}


{#
    Sum of squared distances from the mean, from squares rounded one by one. What is
    left of a constant is rounding: a deviation below a few parts in 1e8 of the values'
    size, or in 1e9 of what 64 bits hold, is 0.
#}
{% macro spread_of_rounded_squares(count, total, squares, digits) -%}
    {%- set mean = 'cast(' ~ total ~ ' as double) / 1e' ~ digits -%}
    {%- set unit = '/ ' ~ square_scale() ~ ' / 1e' ~ (2 * digits) -%}
    {%- set sizes = '(cast(' ~ squares ~ ' as double) ' ~ unit ~ ')' -%}
    {%- set left = sizes ~ ' - ' ~ mean ~ ' * ' ~ mean
        ~ ' / nullif(' ~ count ~ ', 0)' -%}
    case
        when {{ left }} > 1e-15 * {{ sizes }} + {{ count }} {{ unit }} then {{ left }}
        when {{ count }} > 0 then 0.0e0
    end
{%- endmacro %}


{#
    Change over one bar by least squares of a value on time; null where all rows share
    one time, 0 where the value is constant. Products of value and time are rounded one
    by one; the moments, microseconds from the middle of the bar, are exact.
    parts: count, total, products, and the next three macros' spread and moments.
    scale: what the moments were multiplied by in the products.
#}
{% macro slope_of_sums(parts, digits, scale) -%}
    case
        when {{ parts['spread'] }} = 0 and {{ parts['width'] }} > 0 then 0.0e0
        else
            (
                {{ parts['count'] }}
                * (cast({{ parts['products'] }} as double) / {{ scale }})
                - cast({{ parts['total'] }} as double)
                * cast({{ parts['known_moments'] }} as double)
            )
            / 1e{{ digits }}
            / nullif(cast({{ parts['width'] }} as double), 0)
            * {{ bar_seconds() * 1000000 }}
    end
{%- endmacro %}


{# Sum of the moments of rows whose value is known: of all, less the others. #}
{% macro known_moments(parts) -%}
    ({{ parts['moments'] }} - coalesce({{ parts['missed_moments'] }}, 0))
{%- endmacro %}


{# Their squared distances from their mean, times their number: 0 at one time only. #}
{% macro width_of_moments(parts) -%}
    {%- set moments = known_moments(parts) -%}
    (
        {{ parts['count'] }}
        * ({{ parts['moment_squares'] }} - coalesce({{ parts['missed_squares'] }}, 0))
        - {{ moments }} * {{ moments }}
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
