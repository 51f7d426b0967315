-- VPIN as each bar's decision could read it: of the last volume buckets that were full
-- before the bar closed, of the source that the bar's trades come from.
with bars_of_trades as (

    select
        coin,
        source,
        bar_closed_at,
        {{ seconds_after('bar_closed_at', -var('vpin_max_age_s')) }} as vpin_opened_at,
    from {{ ref('int_trade_flow_aggregated_to_bars') }}

),

buckets as (

    select
        coin,
        source,
        vpin,
        is_size_trailing,
        event_at,
        first_filled_at,
    from {{ ref('int_volume_buckets_measured_to_moments') }}

)

select
    bars_of_trades.coin,
    bars_of_trades.bar_closed_at,

    case
        when
            buckets.is_size_trailing
            and buckets.first_filled_at >= bars_of_trades.vpin_opened_at
            then buckets.vpin
    end as vpin,
from bars_of_trades
{{ as_of_join(
    'bars_of_trades', 'buckets', 'buckets', ['coin', 'source'], 'bar_closed_at',
    'event_at', is_strict=true
) }}
