{#
    Each trade beside the last recorded mid before it, of the rows that the conditions
    keep. Trades and books known at their own bar's decision only, so that a late one
    changes no neighbour.
#}
{% macro trades_matched(trades, quotes, trades_condition, quotes_condition) %}
with quotes as (

    select
        coin,
        source,
        event_at,
        {{ last_by(doubled_units('mid_price'), 'sequence') }} as mid_units,
    from {{ quotes }}
    where
        mid_price is not null
        and available_at <= {{ decided_at(bar_closed_at('event_at')) }}
        and {{ quotes_condition }}
    group by coin, source, event_at

),

trades as (

    select
        coin,
        source,
        trade_id,
        sequence,
        price,
        {{ doubled_units('price') }} as price_units,
        size_base,
        aggressor_sign,
        event_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ trades }}
    where
        aggressor_sign is not null
        and available_at <= {{ decided_at(bar_closed_at('event_at')) }}
        and {{ trades_condition }}

)

select
    trades.coin,
    trades.source,
    trades.bar_closed_at,

    trades.trade_id,
    trades.sequence,
    trades.price,
    trades.size_base,
    trades.aggressor_sign,
    case
        when {{ seconds_between('quotes.event_at', 'trades.event_at') }}
            <= {{ var('stale_after_s') }}
            then {{ in_bps(safe_divide(
                'cast(trades.aggressor_sign * 2 * (trades.price_units'
                ~ ' - quotes.mid_units) as double)',
                'quotes.mid_units'
            )) }}
    end as effective_spread_bps,

    trades.event_at,
from trades
{{ as_of_join(
    'trades', 'quotes', 'quotes', ['coin', 'source'], 'event_at', 'event_at',
    is_strict=true
) }}
{% endmacro %}
