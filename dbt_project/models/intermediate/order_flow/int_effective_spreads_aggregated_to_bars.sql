-- Effective spread of each bar's trades: twice the signed distance of the trade from
-- the last recorded mid before it.
with trades as (

    select
        coin,
        source,
        bar_closed_at,
        effective_spread_bps,
    from {{ ref('int_trades_matched_to_quotes') }}

)

select
    coin,
    source,
    bar_closed_at,

    {{ order_free_mean('effective_spread_bps', 8) }} as effective_spread_bps,
    count(effective_spread_bps) as count_matched,
from trades
group by coin, source, bar_closed_at
