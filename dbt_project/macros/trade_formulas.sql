{#
    Expressions over trades in whole units, so that running sums are exact: a
    difference of two of them is the sum between, whatever stood before.
#}

{# Decimals kept of an effective spread in basis points. #}
{% macro effective_spread_digits() -%}
    {{ return(12) }}
{%- endmacro %}


{# Twice a price in 1e-8, whole for a mid as well, so that differences are exact. #}
{% macro doubled_units(price) -%}
    {{ scaled_integer(price ~ ' * 2', 8) }}
{%- endmacro %}


{# A whole number of 10^-digits as a DOUBLE. #}
{% macro unscaled(units, digits) -%}
    (({{ units }}) / 1e{{ digits }})
{%- endmacro %}


{# Quote units of a trade, in 1e-16, exact for prices and sizes of 8 decimals. #}
{% macro notional_units(price, size) -%}
    {{ exact_product(
        'cast(' ~ scaled_integer(price, 8) ~ ' as hugeint)', scaled_integer(size, 8)
    ) }}
{%- endmacro %}


{# A notional in USD in the same units. #}
{% macro usd_in_notional_units(usd) -%}
    (cast({{ (usd * 100000000) | round | int }} as hugeint) * 100000000)
{%- endmacro %}


{# A volume in whole 1e-6 USD, in the same units. #}
{% macro notional_units_of_volume(units) -%}
    (cast({{ units }} as hugeint) * 10000000000)
{%- endmacro %}


{# Whole number of times that `b` goes into `a`; both are 0 or more. #}
{% macro whole_quotient(a, b) -%}
    {{ return(adapter.dispatch('whole_quotient')(a, b)) }}
{%- endmacro %}

{% macro default__whole_quotient(a, b) -%}
    (({{ a }}) // ({{ b }}))
{%- endmacro %}

{% macro spark__whole_quotient(a, b) -%}
    (({{ a }}) div ({{ b }}))
{%- endmacro %}


{# Expression that yields one row per whole number from `first` to `last`. #}
{% macro numbers_between(first, last) -%}
    {{ return(adapter.dispatch('numbers_between')(first, last)) }}
{%- endmacro %}

{% macro default__numbers_between(first, last) -%}
    unnest(generate_series(cast({{ first }} as bigint), cast({{ last }} as bigint)))
{%- endmacro %}

{% macro spark__numbers_between(first, last) -%}
    explode(sequence(cast({{ first }} as bigint), cast({{ last }} as bigint)))
{%- endmacro %}


{# Midnight UTC of the day of a moment. #}
{% macro day_opened_at(moment) -%}
    {{ floor_to(moment, hours_s(24)) }}
{%- endmacro %}


{#
    Slope of the least-squares line of y on x over a named window, exact until the last
    division: y has 9 and x 6 decimals, larger values than 1e4 and 1e7 count as missing.
    Null with fewer than `least` pairs.
#}
{% macro exact_slope_over(y, x, window, least) -%}
    {%- set y_whole = 'case when ' ~ x ~ ' is not null then '
        ~ bounded_integer(y, 9) ~ ' end' -%}
    {%- set x_whole = 'case when ' ~ y_whole ~ ' is not null then '
        ~ bounded_integer(x, 6) ~ ' end' -%}
    {%- set y_known = 'case when ' ~ x_whole ~ ' is not null then ' ~ y_whole ~ ' end' -%}
    {%- set n = 'count(' ~ x_whole ~ ') over ' ~ window -%}
    {%- set sum_x = 'sum(' ~ x_whole ~ ') over ' ~ window -%}
    {%- set sum_y = 'sum(' ~ y_known ~ ') over ' ~ window -%}
    {%- set sum_xy = 'sum(' ~ exact_product(x_whole, y_known) ~ ') over ' ~ window -%}
    {%- set sum_xx = 'sum(' ~ exact_product(x_whole, x_whole) ~ ') over ' ~ window -%}
    case
        when {{ n }} >= {{ least }}
            then
                cast({{ n }} * {{ sum_xy }} - {{ sum_x }} * {{ sum_y }} as double)
                / nullif(cast(
                    {{ n }} * {{ sum_xx }} - {{ sum_x }} * {{ sum_x }} as double
                ), 0)
                / 1000
    end
{%- endmacro %}


{# Frame of a window over the last `seconds` of rows ordered by epoch_us. #}
{% macro seconds_preceding(seconds) -%}
    range between {{ seconds * 1000000 }} preceding and current row
{%- endmacro %}


{# Rows before the current one in a frame of `count` rows. #}
{% macro rows_before(count) -%}
    {{ count - 1 }}
{%- endmacro %}


{#
    Columns of trades beside the books, which the export writes: name, unit. They are no
    columns of the adopted files' contract: features read trades themselves.
#}
{% macro trade_flow_columns() -%}
    {{ return([
        'trade_volume', 'signed_volume', 'cvd', 'trade_imbalance',
        'trade_arrival_rate', 'effective_spread_bps', 'vpin', 'kyle_lambda',
    ]) }}
{%- endmacro %}
