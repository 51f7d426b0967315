-- Trade-based order flow of each bar, from the best own source of trades that spans it:
-- the few trades that a read in passing leaves are no bar's flow. The effective spread
-- compares each trade with the last mid before it.
with trades_aggregated as (

    select
        coin,
        source,
        bar_closed_at,
        volume,
        volume_usd,
        signed_volume,
        size_squares,
        largest_size_base,
        count_rows,
        count_buys,
        count_sells,
    from {{ ref('int_trades_aggregated_to_bars') }}
    where
        is_complete
        and {{ is_own_source('source') }}

),

trades_chosen as (

    select
        coin,
        source,
        bar_closed_at,
        volume,
        volume_usd,
        signed_volume,
        size_squares,
        largest_size_base,
        count_rows,
        count_buys,
        count_sells,
    from trades_aggregated
    qualify
        row_number() over (
            partition by coin, bar_closed_at
            order by {{ source_rank('source') }}, source
        ) = 1

),

effective_spreads as (

    select
        coin,
        source,
        bar_closed_at,
        effective_spread_bps,
    from {{ ref('int_effective_spreads_aggregated_to_bars') }}

)

select
    trades_chosen.coin,
    trades_chosen.bar_closed_at,

    trades_chosen.source,

    trades_chosen.volume,
    trades_chosen.volume_usd,
    trades_chosen.signed_volume,
    {{ safe_divide('trades_chosen.signed_volume', 'trades_chosen.volume') }}
        as trade_imbalance,
    {{ imbalance(
        'cast(trades_chosen.count_buys as double)',
        'cast(trades_chosen.count_sells as double)'
    ) }} as trade_count_imbalance,
    {{ safe_divide('trades_chosen.volume_usd', 'trades_chosen.volume') }} as trade_vwap,
    {{ safe_divide('trades_chosen.largest_size_base', 'trades_chosen.volume') }}
        as largest_trade_share,
    {{ safe_divide(
        'trades_chosen.size_squares', 'trades_chosen.volume * trades_chosen.volume'
    ) }} as trade_size_concentration,
    {{ safe_divide('trades_chosen.volume', 'trades_chosen.count_rows') }}
        as trade_size_mean,
    cast(trades_chosen.count_rows as double) / {{ bar_seconds() }}
        as trade_arrival_rate,
    effective_spreads.effective_spread_bps,
    trades_chosen.count_rows as count_trades,
from trades_chosen
left join effective_spreads
    on
        trades_chosen.coin = effective_spreads.coin
        and trades_chosen.source = effective_spreads.source
        and trades_chosen.bar_closed_at = effective_spreads.bar_closed_at
