-- Best quotes of each recorded book: the light part that bar prices read, apart from
-- the wide formulas.
{{ config(materialized='view') }}
with book_snapshots as (

    select
        coin,
        source,
        lake_folder,
        sequence,
        cast(bid_price_1 as double) as best_bid,
        cast(ask_price_1 as double) as best_ask,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__book_snapshots') }}

)

select
    coin,
    source,
    lake_folder,

    sequence,
    best_bid,
    best_ask,
    {{ midpoint('best_bid', 'best_ask') }} as mid_price,
    {{ spread_in_bps('best_bid', 'best_ask') }} as spread_bps,

    event_at,
    available_at,
from book_snapshots
