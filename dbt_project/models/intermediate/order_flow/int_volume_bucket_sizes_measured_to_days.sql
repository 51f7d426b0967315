-- Size of a day's volume buckets, known before the day begins: the mean notional of a
-- bar over the days before, so that an outage makes no day look quiet. In the first
-- day, before there is one, the declared size. Whole units, so no order moves a bit.
{%- set declared = usd_in_notional_units(var('vpin_bucket_usd')) %}
{%- set least = usd_in_notional_units(var('vpin_bucket_least_usd')) %}
with bars_of_trades as (

    select
        coin,
        source,
        {{ scaled_integer('volume_usd', 6) }} as volume_units,
        is_complete,
        bar_closed_at,
    from {{ ref('int_trades_aggregated_to_bars') }}

),

days as (

    select distinct
        coin,
        source,
        {{ day_opened_at(bar_opened_at('bar_closed_at')) }} as day_opened_at,
    from bars_of_trades

),

volumes_summed as (

    select
        days.coin,
        days.source,
        sum(bars_of_trades.volume_units) as volume_units,
        count(bars_of_trades.volume_units) as count_bars,
        days.day_opened_at,
    from days
    left join bars_of_trades
        on
            days.coin = bars_of_trades.coin
            and days.source = bars_of_trades.source
            and bars_of_trades.is_complete
            and days.day_opened_at >= bars_of_trades.bar_closed_at
            and bars_of_trades.bar_closed_at > {{ seconds_after(
                'days.day_opened_at', -hours_s(24) * var('vpin_size_days')
            ) }}
    group by days.coin, days.source, days.day_opened_at

),

sizes_measured as (

    select
        coin,
        source,
        {{ notional_units_of_volume(whole_quotient(
            'volume_units * ' ~ bars_per_day(),
            'count_bars * ' ~ var('vpin_buckets_per_day')
        )) }} as bucket_units,
        count_bars >= {{ bars_per_day() }} as is_trailing,
        day_opened_at,
    from volumes_summed

)

select
    coin,
    source,

    case
        when is_trailing then greatest(bucket_units, {{ least }})
        else {{ declared }}
    end as bucket_units,

    is_trailing,

    day_opened_at,
from sizes_measured
