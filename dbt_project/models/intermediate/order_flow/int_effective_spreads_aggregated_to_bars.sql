-- Effective spread of each bar's trades: twice the signed distance of the trade from
-- the last recorded mid before it. Trades and books known at their own decision only.
with quotes as (

    select
        coin,
        source,
        event_at,
        {{ last_by('mid_price', 'sequence') }} as mid_price,
    from {{ ref('int_book_snapshots_quoted_to_rows') }}
    where
        mid_price is not null
        and available_at <= {{ decided_at(bar_closed_at('event_at')) }}
    group by coin, source, event_at

),

trades as (

    select
        coin,
        source,
        cast(price as double) as price,
        aggressor_sign,
        event_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_hyperliquid__trades') }}
    where
        aggressor_sign is not null
        and available_at <= {{ decided_at(bar_closed_at('event_at')) }}

),

trades_matched as (

    select
        trades.coin,
        trades.source,
        trades.bar_closed_at,
        case
            when {{ seconds_between('quotes.event_at', 'trades.event_at') }}
                <= {{ var('stale_after_s') }}
                then {{ safe_divide(
                    'trades.aggressor_sign * (trades.price - quotes.mid_price) * 20000',
                    'quotes.mid_price'
                ) }}
        end as effective_spread_bps,
    from trades
    {{ as_of_join(
        'trades', 'quotes', 'quotes', ['coin', 'source'], 'event_at', 'event_at',
        is_strict=true
    ) }}

)

select
    coin,
    source,
    bar_closed_at,

    {{ order_free_mean('effective_spread_bps', 8) }} as effective_spread_bps,
    count(effective_spread_bps) as count_matched,
from trades_matched
group by coin, source, bar_closed_at
