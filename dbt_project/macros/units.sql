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


{# A share in percent. #}
{% macro in_percent(share) -%}
    (100 * ({{ share }}))
{%- endmacro %}


{# Spread of two quotes over their mid, basis points. #}
{% macro spread_in_bps(bid, ask) -%}
    {{ safe_divide('(' ~ ask ~ ' - ' ~ bid ~ ') * 20000', bid ~ ' + ' ~ ask) }}
{%- endmacro %}


{#
    Weighted mid against the mid, basis points: half the spread, in the direction of
    the larger queue, times the imbalance of the two queues.
#}
{% macro microprice_bps(spread_bps, imbalance) -%}
    (({{ spread_bps }}) * ({{ imbalance }}) / 2)
{%- endmacro %}


{# Mean of two prices. #}
{% macro midpoint(bid, ask) -%}
    (({{ bid }} + {{ ask }}) / 2)
{%- endmacro %}


{# Weight that halves with every `half_life_s` seconds of age. #}
{% macro weight_of_age(age_s, half_life_s) -%}
    power(0.5e0, {{ age_s }} / {{ half_life_s }})
{%- endmacro %}


{# Whole hours since 1970-01-01 of a full hour. #}
{% macro hour_number(full_hour) -%}
    cast({{ epoch_us(full_hour) }} / 3600000000 as bigint)
{%- endmacro %}


{# Whole microseconds from the middle of its bar to a moment. #}
{% macro microseconds_from_mid_bar(moment) -%}
    (
        {{ epoch_us(moment) }} % {{ bar_seconds() * 1000000 }}
        - {{ bar_seconds() * 500000 }}
    )
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


{# Share of the UTC week, in whole days, that has passed at a moment, in [0, 1). #}
{% macro week_share(moment) -%}
    ({{ weekday_number(moment) }} / 7.0e0)
{%- endmacro %}


{#
    1 where a bar with that right edge closes within the US session, else 0: Monday to
    Friday, fixed UTC hours that hold the regular session in summer and winter time.
#}
{% macro us_session_flag(closed_at) -%}
    case
        when
            {{ weekday_number(closed_at) }} < 5
            and 24 * {{ day_share(closed_at) }} > {{ var('us_session_open_hour') }}
            and 24 * {{ day_share(closed_at) }} <= {{ var('us_session_close_hour') }}
            then 1.0e0
        else 0.0e0
    end
{%- endmacro %}
