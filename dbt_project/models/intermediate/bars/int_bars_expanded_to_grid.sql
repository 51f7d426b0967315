-- The grid: every bar from a coin's first price to its last closed bar, gaps included.
-- A bar is closed once any raw row of the coin became available at or after its right
-- edge; later bars are still open and have no row.
with quotes as (

    select
        coin,
        last_available_at,
        bar_closed_at,
    from {{ ref('int_quotes_aggregated_to_bars') }}

),

trades as (

    select
        coin,
        last_available_at,
        bar_closed_at,
    from {{ ref('int_trades_aggregated_to_bars') }}

),

candles as (

    select
        coin,
        last_available_at,
        bar_closed_at,
    from {{ ref('int_candles_aggregated_to_bars') }}

),

all_candles as (

    select
        coin,
        available_at,
    from {{ ref('stg_hyperliquid__candles') }}

),

asset_contexts as (

    select
        coin,
        last_available_at,
    from {{ ref('int_asset_contexts_aggregated_to_bars') }}

),

funding_rates as (

    select
        coin,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}

),

moments_unioned as (

    select
        coin,
        bar_closed_at as priced_bar_at,
        last_available_at,
    from quotes
    union all
    select
        coin,
        bar_closed_at as priced_bar_at,
        last_available_at,
    from trades
    union all
    select
        coin,
        bar_closed_at as priced_bar_at,
        last_available_at,
    from candles
    union all
    select
        coin,
        null as priced_bar_at,
        available_at as last_available_at,
    from all_candles
    union all
    select
        coin,
        null as priced_bar_at,
        last_available_at,
    from asset_contexts
    union all
    select
        coin,
        null as priced_bar_at,
        available_at as last_available_at,
    from funding_rates

),

spans_found as (

    select
        coin,
        min(priced_bar_at) as first_bar_at,
        {{ floor_to('max(last_available_at)', bar_seconds()) }} as last_bar_at,
    from moments_unioned
    group by coin

),

bars_listed as (

    select
        coin,
        {{ moments_between('first_bar_at', 'last_bar_at', bar_seconds()) }}
            as bar_closed_at,
    from spans_found

)

select
    coin,
    bar_closed_at,

    {{ bar_opened_at('bar_closed_at') }} as bar_opened_at,
    {{ decided_at('bar_closed_at') }} as decided_at,
from bars_listed
