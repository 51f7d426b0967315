-- What the lake holds: each series in steps of its own (a candle's interval, a funding
-- hour that is due, else a bar), with the steps that are missing inside its span.
with quotes as (

    select
        coin,
        source,
        bar_closed_at,
        final_count_rows,
        last_available_at,
    from {{ ref('int_quotes_aggregated_to_bars') }}

),

trades as (

    select
        coin,
        source,
        bar_closed_at,
        final_count_rows,
        last_available_at,
    from {{ ref('int_trades_aggregated_to_bars') }}

),

candles as (

    select
        coin,
        source,
        interval_s,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__candles') }}

),

asset_contexts as (

    select
        coin,
        source,
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_hyperliquid__asset_contexts') }}

),

funding_rates as (

    select
        coin,
        source,
        funding_hour_at,
        is_due,
        is_present,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}

),

steps_unioned as (

    select
        coin,
        case when source = 'lakehouse' then 'order_flow' else 'book_snapshots' end
            as source_table,
        source,
        {{ bar_seconds() }} as step_s,
        final_count_rows as count_rows,
        bar_closed_at as step_at,
        last_available_at,
    from quotes
    union all
    select
        coin,
        'trades' as source_table,
        source,
        {{ bar_seconds() }} as step_s,
        final_count_rows as count_rows,
        bar_closed_at as step_at,
        last_available_at,
    from trades
    union all
    select
        coin,
        'candles' as source_table,
        source,
        interval_s as step_s,
        1 as count_rows,
        event_at as step_at,
        available_at as last_available_at,
    from candles
    union all
    select
        coin,
        'asset_contexts' as source_table,
        source,
        {{ bar_seconds() }} as step_s,
        count(*) as count_rows,
        bar_closed_at as step_at,
        max(available_at) as last_available_at,
    from asset_contexts
    group by coin, source, bar_closed_at
    union all
    select
        coin,
        'funding_rates' as source_table,
        source,
        {{ hours_s(1) }} as step_s,
        1 as count_rows,
        funding_hour_at as step_at,
        available_at as last_available_at,
    from funding_rates
    where is_present

),

steps_spaced as (

    select
        coin,
        source_table,
        source,
        step_s,
        count_rows,
        {{ seconds_between(
            'lag(step_at) over (
                partition by coin, source_table, source, step_s order by step_at
            )',
            'step_at'
        ) }} as gap_s,
        step_at,
        last_available_at,
    from steps_unioned

),

series_spanned as (

    select
        coin,
        source_table,
        source,
        step_s,
        cast(sum(count_rows) as bigint) as count_rows,
        count(*) as count_steps_present,
        cast(
            {{ seconds_between('min(step_at)', 'max(step_at)') }} / step_s as bigint
        ) + 1 as count_steps_spanned,
        max(gap_s) as longest_gap_s,
        min(step_at) as first_step_at,
        max(step_at) as last_step_at,
        max(last_available_at) as last_available_at,
    from steps_spaced
    group by coin, source_table, source, step_s

),

funding_due as (

    select
        coin,
        count(*) as count_due,
    from funding_rates
    where is_due or is_present
    group by coin

),

steps_expected as (

    select
        series_spanned.coin,
        series_spanned.source_table,
        series_spanned.source,
        series_spanned.step_s,
        series_spanned.count_rows,
        series_spanned.count_steps_present,
        case
            when series_spanned.source_table = 'funding_rates'
                then funding_due.count_due
            else series_spanned.count_steps_spanned
        end as count_steps_expected,
        series_spanned.longest_gap_s,
        series_spanned.first_step_at,
        series_spanned.last_step_at,
        series_spanned.last_available_at,
    from series_spanned
    left join funding_due
        on series_spanned.coin = funding_due.coin

)

select
    coin,
    source_table,
    source,
    step_s,

    count_rows,
    count_steps_expected,
    count_steps_present,
    {{ safe_divide(
        'cast(count_steps_present as double)', 'count_steps_expected'
    ) }} as present_share,
    longest_gap_s,

    first_step_at,
    last_step_at,
    last_available_at,
from steps_expected
