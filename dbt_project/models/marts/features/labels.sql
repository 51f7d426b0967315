-- What happened after each decision: the log return over the horizon, from the price of
-- the bar to the price exactly `label_horizon_bars` bars later by time, never by row.
-- Prices are final ones, so a label is known when its horizon is over and the last
-- price row of either bar has arrived.
{%- set horizon_s = var('label_horizon_bars') * bar_seconds() %}
with bars_final as (

    select
        coin,
        close,
        bar_closed_at,
    from {{ ref('bars_final') }}

),

{% for kind in ['quotes', 'trades', 'candles'] -%}
{{ kind }} as (

    select
        coin,
        last_available_at,
        bar_closed_at,
    from {{ ref('int_' ~ kind ~ '_aggregated_to_bars') }}

),

{% endfor -%}

arrivals_unioned as (

    {%- for kind in ['quotes', 'trades', 'candles'] %}
    select
        coin,
        last_available_at,
        bar_closed_at,
    from {{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

arrivals_ended as (

    select
        coin,
        bar_closed_at,
        max(last_available_at) as last_available_at,
    from arrivals_unioned
    group by coin, bar_closed_at

),

prices_known as (

    select
        bars_final.coin,
        bars_final.close,
        bars_final.bar_closed_at,
        arrivals_ended.last_available_at as known_at,
    from bars_final
    inner join arrivals_ended
        on
            bars_final.coin = arrivals_ended.coin
            and bars_final.bar_closed_at = arrivals_ended.bar_closed_at

),

prices_ahead as (

    select
        coin,
        close,
        {{ seconds_after('bar_closed_at', -horizon_s) }} as bar_closed_at,
        greatest({{ decided_at('bar_closed_at') }}, known_at) as known_at,
    from prices_known

),

returns_measured as (

    select
        prices_known.coin,
        {{ log_ratio('prices_ahead.close', 'prices_known.close') }} as label_return,
        prices_known.bar_closed_at,
        greatest(prices_known.known_at, prices_ahead.known_at) as known_at,
    from prices_known
    inner join prices_ahead
        on
            prices_known.coin = prices_ahead.coin
            and prices_known.bar_closed_at = prices_ahead.bar_closed_at

)

select
    bars_final.coin,
    bars_final.bar_closed_at,

    returns_measured.label_return,
    cast({{ var('label_horizon_bars') }} as integer) as label_horizon_bars,

    returns_measured.label_return > 0 as label_up,

    case
        when returns_measured.label_return is not null then returns_measured.known_at
    end as known_at,
from bars_final
left join returns_measured
    on
        bars_final.coin = returns_measured.coin
        and bars_final.bar_closed_at = returns_measured.bar_closed_at
