{#
    Naive UTC timestamp of a timestamp with time zone (any precision). By whole
    microseconds in DuckDB: `at time zone` asks a calendar for every row.
#}
{% macro at_utc(moment) -%}
    {{ return(adapter.dispatch('at_utc')(moment)) }}
{%- endmacro %}

{% macro default__at_utc(moment) -%}
    {{ timestamp_of_us(epoch_us('cast(' ~ moment ~ ' as timestamptz)')) }}
{%- endmacro %}

{% macro spark__at_utc(moment) -%}
    to_utc_timestamp({{ moment }}, current_timezone())
{%- endmacro %}


{# Whole microseconds since 1970-01-01 of a naive UTC timestamp, BIGINT. #}
{% macro epoch_us(moment) -%}
    {{ return(adapter.dispatch('epoch_us')(moment)) }}
{%- endmacro %}

{% macro default__epoch_us(moment) -%}
    epoch_us({{ moment }})
{%- endmacro %}

{% macro spark__epoch_us(moment) -%}
    unix_micros({{ moment }})
{%- endmacro %}


{# Naive UTC timestamp of whole microseconds since 1970-01-01. #}
{% macro timestamp_of_us(microseconds) -%}
    {{ return(adapter.dispatch('timestamp_of_us')(microseconds)) }}
{%- endmacro %}

{% macro default__timestamp_of_us(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro spark__timestamp_of_us(microseconds) -%}
    timestamp_micros({{ microseconds }})
{%- endmacro %}


{# Seconds, fractions kept, from `earlier` to `later`. #}
{% macro seconds_between(earlier, later) -%}
    (({{ epoch_us(later) }} - {{ epoch_us(earlier) }}) / 1000000.0e0)
{%- endmacro %}


{# Moment a whole number of seconds (an expression or a number) after `moment`. #}
{% macro seconds_after(moment, seconds) -%}
    {{ timestamp_of_us(
        epoch_us(moment) ~ ' + (' ~ seconds ~ ') * cast(1000000 as bigint)'
    ) }}
{%- endmacro %}


{# Largest multiple of `width_s` seconds since 1970-01-01 at or before `moment`. #}
{% macro floor_to(moment, width_s) -%}
    {%- set width_us = width_s * 1000000 -%}
    {{ timestamp_of_us(
        epoch_us(moment) ~ ' - (' ~ epoch_us(moment) ~ ') % ' ~ width_us
    ) }}
{%- endmacro %}


{# Smallest multiple of `width_s` seconds since 1970-01-01 at or after `moment`. #}
{% macro ceil_to(moment, width_s) -%}
    {%- set width_us = width_s * 1000000 -%}
    {{ timestamp_of_us(
        epoch_us(moment) ~ ' + (' ~ width_us ~ ' - (' ~ epoch_us(moment) ~ ') % '
        ~ width_us ~ ') % ' ~ width_us
    ) }}
{%- endmacro %}


{% macro bar_seconds() -%}
    {{ return(var('bar_minutes') * 60) }}
{%- endmacro %}


{# Bars of a UTC day, at least one. #}
{% macro bars_per_day() -%}
    {{ return([(86400 / divisor(bar_seconds())) | int, 1] | max) }}
{%- endmacro %}


{# Right edge of the bar [opened, closed) that contains `moment`. #}
{% macro bar_closed_at(moment) -%}
    {{ seconds_after(floor_to(moment, bar_seconds()), bar_seconds()) }}
{%- endmacro %}


{#
    Right edge of the bar (opened, closed] that contains `moment`: for events that
    carry a right edge themselves (candles) or are charged at the edge (funding).
#}
{% macro bar_closed_at_edge(moment) -%}
    {{ ceil_to(moment, bar_seconds()) }}
{%- endmacro %}


{% macro bar_opened_at(closed_at) -%}
    {{ seconds_after(closed_at, -bar_seconds()) }}
{%- endmacro %}


{# Moment at which the bar's decision is taken: what arrives later is not read. #}
{% macro decided_at(closed_at) -%}
    {{ seconds_after(closed_at, var('decision_delay_s')) }}
{%- endmacro %}


{# Right edge of the first bar whose decision may read a row available at `moment`. #}
{% macro bar_first_deciding(available_at) -%}
    {{ ceil_to(seconds_after(available_at, -var('decision_delay_s')), bar_seconds()) }}
{%- endmacro %}
