{#
    Hours between settlements at the hour `funding_hour_at` by the venue's own history:
    it settled every eight hours up to 2023-06-08 00:00 UTC and every hour since.
#}
{% macro funding_interval_hours(funding_hour_at) -%}
    case
        when {{ funding_hour_at }} < timestamp '2023-06-08 01:00:00' then 8
        else 1
    end
{%- endmacro %}


{#
    Hours between settlements at `funding_hour_at` as the settlement before it tells
    them (a file may hold another schedule than the venue's), unless the venue's
    schedule changed in between or there is none before: then by that schedule.

    interval_hours, settled_hour_at: of the last settlement before, null without one
#}
{% macro funding_interval_in_force(funding_hour_at, interval_hours, settled_hour_at) -%}
    case
        when
            {{ interval_hours }} is not null
            and ({{ funding_interval_hours(funding_hour_at) }})
            = ({{ funding_interval_hours(settled_hour_at) }})
            then {{ interval_hours }}
        else {{ funding_interval_hours(funding_hour_at) }}
    end
{%- endmacro %}


{# True where an interval of so many hours ends at the full hour, counted from 00:00 UTC. #}
{% macro is_interval_end(full_hour, interval_hours) -%}
    (({{ hour_number(full_hour) }}) % ({{ interval_hours }}) = 0)
{%- endmacro %}


{#
    Full hours with the settlements found at them and whether one was due: a select
    with coin, funding_hour_at, the values, interval_hours, is_expected (by what was
    known at the hour), is_due (a settlement that was recorded is always due),
    is_present and available_at, to be used as a CTE body.

    hours: relation or CTE with coin, funding_hour_at
    settlements: relation or CTE with coin, funding_hour_at, funding_rate,
        interval_hours, available_at and the values; one row per coin and hour
#}
{% macro funding_hours_due(hours, settlements, values) %}
    {%- set known -%}
(
        select
            coin,
            {{ last_by('interval_hours', 'funding_hour_at') }} as interval_hours,
            max(funding_hour_at) as settled_hour_at,
            known_hour_at,
        from (
            select
                coin,
                interval_hours,
                funding_hour_at,
                greatest(
                    {{ seconds_after('funding_hour_at', hours_s(1)) }},
                    {{ ceil_to('available_at', hours_s(1)) }}
                ) as known_hour_at,
            from {{ settlements }}
            where funding_rate is not null and interval_hours > 0
        )
        group by coin, known_hour_at
    )
    {%- endset -%}
    select
        coin,
        funding_hour_at,
        {%- for value in values %}
        {{ value }},
        {%- endfor %}
        coalesce(settled_interval_hours, interval_in_force) as interval_hours,
        {{ is_interval_end('funding_hour_at', 'interval_in_force') }} as is_expected,
        funding_rate is not null
        or {{ is_interval_end('funding_hour_at', 'interval_in_force') }} as is_due,
        funding_rate is not null as is_present,
        available_at,
    from (
        select
            hours.coin,
            hours.funding_hour_at,
            {%- for value in values %}
            settled.{{ value }},
            {%- endfor %}
            settled.interval_hours as settled_interval_hours,
            {{ funding_interval_in_force(
                'hours.funding_hour_at',
                'known.interval_hours',
                'known.settled_hour_at'
            ) }} as interval_in_force,
            settled.available_at,
        from {{ hours }} as hours
        {{ as_of_join(
            'hours', known, 'known', ['coin'], 'funding_hour_at', 'known_hour_at'
        ) }}
        left join {{ settlements }} as settled
            on
                hours.coin = settled.coin
                and hours.funding_hour_at = settled.funding_hour_at
    )
{% endmacro %}


{#
    Minutes from `moment` to the next settlement after it. interval_hours,
    settled_hour_at: of the last settlement known, null without one.
#}
{% macro minutes_to_funding(moment, interval_hours, settled_hour_at) -%}
    {%- set next_hour -%}
    {{ seconds_after(floor_to(moment, hours_s(1)), hours_s(1)) }}
    {%- endset -%}
    {{ minutes_to_interval_end(
        moment,
        funding_interval_in_force(next_hour, interval_hours, settled_hour_at)
    ) }}
{%- endmacro %}


{# Minutes from `moment` to the end of its interval of so many hours; never 0. #}
{% macro minutes_to_interval_end(moment, interval_hours) -%}
    (
        ({{ interval_hours }}) * 60
        - (({{ epoch_us(moment) }}) % (({{ interval_hours }}) * 3600000000))
        / 60000000.0e0
    )
{%- endmacro %}


{#
    The venue's funding formula through time, newest last: the first hour of each era,
    and whether the rate is the premium alone or the premium with interest and the
    clamp that held then. Dates as settled rates show them (BTC, May to July 2023);
    when the clamp was widened after 2023-07-15 no recorded rate tells.
#}
{% macro funding_eras() -%}
    {{- return([
        {
            'name': 'eight_hourly',
            'starts': '1970-01-01 00:00:00',
            'clamp': var('funding_clamp_early'),
        },
        {
            'name': 'hourly_narrow',
            'starts': '2023-06-08 01:00:00',
            'clamp': var('funding_clamp_early'),
        },
        {'name': 'premium_only', 'starts': '2023-06-16 21:00:00', 'clamp': none},
        {
            'name': 'hourly',
            'starts': '2023-07-15 03:00:00',
            'clamp': var('funding_clamp'),
        },
    ]) -}}
{%- endmacro %}


{# Name of the era of the formula at a full hour. #}
{% macro funding_era(funding_hour_at) -%}
    case
        {%- for era in funding_eras() | reverse %}
        when {{ funding_hour_at }} >= timestamp '{{ era.starts }}' then '{{ era.name }}'
        {%- endfor %}
    end
{%- endmacro %}


{#
    Rate that the formula of an era gives for an interval of so many hours: premium
    plus interest less premium within the clamp, both per 8 hours, capped, to 12 places.
#}
{% macro funding_formula_rate(premium, era, interval_hours) -%}
    {%- set cap = var('funding_cap_hourly') ~ ' * ' ~ interval_hours -%}
    case when {{ premium }} is not null then round(greatest(
        -{{ cap }},
        least({{ cap }}, {{ interval_hours }} / 8.0e0 * case {{ era }}
            {%- for each in funding_eras() %}
            when '{{ each.name }}' then {{ premium }}
                {%- if each.clamp is not none %} + greatest(
                    -{{ each.clamp }},
                    least(
                        {{ each.clamp }},
                        {{ var('funding_interest_rate') }} - {{ premium }}
                    )
                )
                {%- endif %}
            {%- endfor %}
        end)
    ), 12) end
{%- endmacro %}


{# Spans of the cost of holding: name in columns and hours. #}
{% macro holding_spans() -%}
    {{- return({'8h': 8, '1d': 24, '7d': 168}) -}}
{%- endmacro %}


{# True where a settled rate is the formula's interest alone. #}
{% macro is_resting_rate(settled_rate, interval_hours) -%}
    (
        abs({{ settled_rate }} - {{ var('funding_interest_rate') }}
        * {{ interval_hours }} / 8.0e0) <= {{ var('funding_formula_tolerance') }}
    )
{%- endmacro %}
