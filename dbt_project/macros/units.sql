{# Seconds of a number of hours. #}
{% macro hours_s(hours) -%}
    {{- return(hours * 3600) -}}
{%- endmacro %}


{# Hours in a year of 365 days: a perpetual settles funding around the clock. #}
{% macro hours_per_year() -%}
    {{- return(8760) -}}
{%- endmacro %}


{# A share in basis points. #}
{% macro in_bps(share) -%}
    (10000 * ({{ share }}))
{%- endmacro %}


{# Share of the UTC day that has passed at a moment, in [0, 1). #}
{% macro day_share(moment) -%}
    (({{ epoch_us(moment) }} % 86400000000) / 86400000000.0e0)
{%- endmacro %}


{# Day of the week in UTC, Monday 0 to Sunday 6 (1970-01-01 was a Thursday). #}
{% macro weekday_number(moment) -%}
    ((cast(floor({{ epoch_us(moment) }} / 86400000000.0e0) as bigint) + 3) % 7)
{%- endmacro %}


{# Angle of a share of a cycle, radians. #}
{% macro cycle_angle(share) -%}
    (2 * pi() * ({{ share }}))
{%- endmacro %}
