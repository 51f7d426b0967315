-- What is known of a bar once everything has arrived: marks, fills, funding, labels'
-- prices. Never an input of a feature: late rows are in here.
with grid as (

    select
        coin,
        bar_closed_at,
        bar_opened_at,
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
        bar_closed_at,
    from {{ ref('int_prices_chosen_to_bars') }}
    where is_final

),

quotes as (

    select
        coin,
        source,
        final_spread_bps,
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

asset_contexts as (

    select
        coin,
        mark_price,
        oracle_price,
        last_available_at,
        bar_closed_at,
    from {{ ref('int_asset_contexts_aggregated_to_bars') }}

),

funding_rates as (

    select
        coin,
        funding_rate,
        count_funding_due,
        count_funding_present,
        last_available_at,
        bar_closed_at,
    from {{ ref('int_funding_rates_aggregated_to_bars') }}

),

executions as (

    select
        coin,
        execution_price_source,
        execution_price,
        execution_at,
        bar_closed_at,
    from {{ ref('int_executions_chosen_to_bars') }}

),

spreads_chosen as (

    select
        coin,
        final_spread_bps as spread_bps,
        bar_closed_at,
    from quotes
    where final_spread_bps is not null
    qualify
        row_number() over (
            partition by coin, bar_closed_at
            order by {{ source_rank('source') }}, source
        ) = 1

),

arrivals_unioned as (

    {%- for rows in [
        'quotes', 'trades', 'candles', 'asset_contexts', 'funding_rates',
    ] %}
    select
        coin,
        last_available_at,
        bar_closed_at,
    from {{ rows }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

arrivals_ended as (

    select
        coin,
        bar_closed_at,
        max(last_available_at) as last_available_at,
    from arrivals_unioned
    group by coin, bar_closed_at

)

select
    grid.coin,
    grid.bar_closed_at,

    prices.price_source,
    case
        when asset_contexts.oracle_price is not null then 'oracle'
        when asset_contexts.mark_price is not null then 'mark'
        when prices.close is not null then 'close'
    end as funding_price_source,
    executions.execution_price_source,

    prices.open,
    prices.high,
    prices.low,
    prices.close,
    prices.volume,
    asset_contexts.mark_price,
    asset_contexts.oracle_price,
    coalesce(
        asset_contexts.oracle_price, asset_contexts.mark_price, prices.close
    ) as funding_price,
    funding_rates.funding_rate,
    coalesce(funding_rates.count_funding_due, 0) as count_funding_due,
    coalesce(funding_rates.count_funding_present, 0) as count_funding_present,
    spreads_chosen.spread_bps,
    executions.execution_price,

    executions.execution_at,
    grid.bar_opened_at,
    greatest(
        grid.bar_closed_at,
        coalesce(arrivals_ended.last_available_at, grid.bar_closed_at)
    ) as known_at,
from grid
{%- for rows in [
    'prices', 'asset_contexts', 'funding_rates', 'executions', 'spreads_chosen',
    'arrivals_ended',
] %}
left join {{ rows }}
    on
        grid.coin = {{ rows }}.coin
        and grid.bar_closed_at = {{ rows }}.bar_closed_at
{%- endfor %}
