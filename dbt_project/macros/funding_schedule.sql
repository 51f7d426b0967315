{#
    Hours between settlements at the hour `funding_hour_at`: the venue settled every
    eight hours until 2023-06-08 16:00 UTC and every hour since.
#}
{% macro funding_interval_hours(funding_hour_at) -%}
    case
        when {{ funding_hour_at }} <= timestamp '2023-06-08 16:00:00' then 8
        else 1
    end
{%- endmacro %}


{# True where funding settles at the full hour `funding_hour_at`. #}
{% macro is_funding_due(funding_hour_at) -%}
    (
        ({{ epoch_us(funding_hour_at) }} / 3600000000)
        % ({{ funding_interval_hours(funding_hour_at) }}) = 0
    )
{%- endmacro %}
