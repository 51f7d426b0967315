-- How far each raw source reaches, so that a stalled recorder is seen in one query.
with asset_contexts as (

    select
        coin,
        source,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__asset_contexts') }}

),

book_snapshots as (

    select
        coin,
        source,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__book_snapshots') }}

),

candles as (

    select
        coin,
        source,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__candles') }}

),

funding_rates as (

    select
        coin,
        source,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__funding_rates') }}

),

headlines as (

    select
        'ALL' as coin,
        source,
        event_at,
        available_at,
    from {{ ref('stg_news__headlines') }}

),

order_flow as (

    select
        coin,
        source,
        event_at,
        available_at,
    from {{ ref('stg_lakehouse__order_flow') }}

),

trades as (

    select
        coin,
        source,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__trades') }}

),

rows_unioned as (

    select
        'asset_contexts' as table_name,
        coin,
        source,
        event_at,
        available_at,
    from asset_contexts
    union all
    select
        'book_snapshots' as table_name,
        coin,
        source,
        event_at,
        available_at,
    from book_snapshots
    union all
    select
        'candles' as table_name,
        coin,
        source,
        event_at,
        available_at,
    from candles
    union all
    select
        'funding_rates' as table_name,
        coin,
        source,
        event_at,
        available_at,
    from funding_rates
    union all
    select
        'headlines' as table_name,
        coin,
        source,
        event_at,
        available_at,
    from headlines
    union all
    select
        'order_flow' as table_name,
        coin,
        source,
        event_at,
        available_at,
    from order_flow
    union all
    select
        'trades' as table_name,
        coin,
        source,
        event_at,
        available_at,
    from trades

)

select
    table_name,
    coin,
    source,

    count(*) as count_rows,

    min(event_at) as first_event_at,
    max(event_at) as last_event_at,
    max(available_at) as last_available_at,
from rows_unioned
group by table_name, coin, source
