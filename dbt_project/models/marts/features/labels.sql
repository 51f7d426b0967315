-- What happened after each decision: the log return over the horizon, from the price of
-- the bar to the price exactly `label_horizon_bars` bars later by time, never by row.
-- Prices are final ones, so a label is known once both bars' last rows have arrived.
{%- set horizon_s = var('label_horizon_bars') * bar_seconds() %}
with bars_final as (

    select
        coin,
        close,
        bar_closed_at,
        known_at,
    from {{ ref('bars_final') }}

),

bars_ahead as (

    select
        coin,
        close,
        {{ seconds_after('bar_closed_at', -horizon_s) }} as bar_closed_at,
        greatest({{ decided_at('bar_closed_at') }}, known_at) as known_at,
    from bars_final

),

returns_measured as (

    select
        bars_final.coin,
        {{ log_ratio('bars_ahead.close', 'bars_final.close') }} as label_return,
        bars_final.bar_closed_at,
        greatest(bars_final.known_at, bars_ahead.known_at) as known_at,
    from bars_final
    left join bars_ahead
        on
            bars_final.coin = bars_ahead.coin
            and bars_final.bar_closed_at = bars_ahead.bar_closed_at

)

select
    coin,
    bar_closed_at,

    label_return,
    cast({{ var('label_horizon_bars') }} as integer) as label_horizon_bars,

    label_return > 0 as label_up,

    case when label_return is not null then known_at end as known_at,
from returns_measured
