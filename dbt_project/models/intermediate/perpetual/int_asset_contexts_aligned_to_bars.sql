-- Latest reading of the perpetual's context known at each decision, from the traded
-- venue where several give one at the same moment. Older than `stale_after_s`: null.
with bars as (

    select
        coin,
        bar_closed_at,
    from {{ ref('bars') }}

),

asset_contexts as (

    select
        coin,
        cast(mark_price as double) as mark_price,
        cast(oracle_price as double) as oracle_price,
        cast(open_interest_base as double) as open_interest_base,
        cast(premium as double) as premium,
        cast(estimated_funding_rate as double) as estimated_funding_rate,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__asset_contexts') }}
    qualify
        row_number() over (
            partition by coin, event_at order by {{ source_rank('source') }}, source
        ) = 1

),

asset_contexts_carried as (

    {{ as_of_bar(
        'bars',
        'asset_contexts',
        [
            'mark_price',
            'oracle_price',
            'open_interest_base',
            'premium',
            'estimated_funding_rate',
        ],
        'context_age_s',
        var('stale_after_s'),
    ) }}

)

select
    coin,
    bar_closed_at,

    mark_price,
    oracle_price,
    open_interest_base,
    premium,
    estimated_funding_rate,
    context_age_s,
from asset_contexts_carried
