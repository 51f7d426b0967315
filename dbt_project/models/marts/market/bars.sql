-- The price series that features read: contiguous, causal, never filled. A bar without
-- data has null prices and stays visible as a gap.
with grid as (

    select
        coin,
        bar_closed_at,
        bar_opened_at,
        decided_at,
    from {{ ref('int_bars_expanded_to_grid') }}

),

prices as (

    select
        coin,
        price_source,
        source,
        open,
        high,
        low,
        close,
        volume,
        count_rows,
        bar_closed_at,
    from {{ ref('int_prices_chosen_to_bars') }}
    where not is_final

)

select
    grid.coin,
    grid.bar_closed_at,

    prices.price_source,
    prices.source,

    prices.open,
    prices.high,
    prices.low,
    prices.close,
    prices.volume,
    coalesce(prices.count_rows, 0) as count_rows,

    prices.close is not null as has_price,

    grid.bar_opened_at,
    grid.decided_at,
from grid
left join prices
    on
        grid.coin = prices.coin
        and grid.bar_closed_at = prices.bar_closed_at
