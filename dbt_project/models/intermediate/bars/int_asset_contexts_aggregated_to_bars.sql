-- Last mark and oracle price of each bar from all rows: what funding and margin are
-- reckoned on afterwards. Features read contexts as of the decision, not this model.
with asset_contexts as (

    select
        coin,
        source,
        cast(mark_price as double) as mark_price,
        cast(oracle_price as double) as oracle_price,
        event_at,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_hyperliquid__asset_contexts') }}

),

contexts_ranked as (

    select
        coin,
        source,
        mark_price,
        oracle_price,
        event_at,
        max(available_at) over (partition by coin, bar_closed_at) as last_available_at,
        bar_closed_at,
        row_number() over (
            partition by coin, bar_closed_at
            order by {{ source_rank('source') }}, source, event_at desc
        ) as place,
    from asset_contexts

)

select
    coin,
    bar_closed_at,

    source,

    case
        when
            {{ seconds_between('event_at', 'bar_closed_at') }}
            <= {{ var('stale_after_s') }}
            then mark_price
    end as mark_price,
    case
        when
            {{ seconds_between('event_at', 'bar_closed_at') }}
            <= {{ var('stale_after_s') }}
            then oracle_price
    end as oracle_price,

    event_at,
    last_available_at,
from contexts_ranked
where place = 1
