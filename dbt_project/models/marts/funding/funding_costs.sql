-- What holding one unit of notional cost in funding, from just after each settlement on:
-- the rates settled within the next 8 hours, day and week. A window with a missing hour,
-- or that is not over, is unknown and never cheap. Notional is taken as constant.
with funding_hours as (

    select
        coin,
        {{ bounded_integer('funding_rate', 12) }} as rate,
        case when is_present then 0 else 1 end as is_missing,
        {{ hour_number('funding_hour_at') }} as hour_number,
        funding_hour_at,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}

),

windows_summed as (

    select
        coin,
        hour_number,
        max(hour_number) over (partition by coin) as last_hour_number,
        {%- for span in holding_spans() %}
        sum(rate) over span_{{ span }} as total_{{ span }},
        sum(is_missing) over span_{{ span }} as count_missing_{{ span }},
        max(available_at) over span_{{ span }} as available_{{ span }}_at,
        {%- endfor %}
        funding_hour_at,
    from funding_hours
    window
        {%- for span, hours in holding_spans().items() %}
        span_{{ span }} as (
            partition by coin
            order by hour_number
            range between 1 following and {{ hours }} following
        ){{ ',' if not loop.last }}
        {%- endfor %}

),

costs_valued as (

    select
        coin,
        {%- for span, hours in holding_spans().items() %}
        case
            when
                count_missing_{{ span }} = 0
                and last_hour_number >= hour_number + {{ hours }}
                then {{ value_of_sum('total_' ~ span, 12) }}
        end as cost_{{ span }},
        {%- endfor %}
        funding_hour_at,
        available_7d_at,
    from windows_summed

)

select
    coin,
    funding_hour_at,

    cost_8h as cost_long_8h,
    cost_1d as cost_long_1d,
    cost_7d as cost_long_7d,
    0 - cost_8h as cost_short_8h,
    0 - cost_1d as cost_short_1d,
    0 - cost_7d as cost_short_7d,

    case when cost_7d is not null then available_7d_at end as known_at,
from costs_valued
