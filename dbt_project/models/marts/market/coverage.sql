-- What the lake holds: each series in steps of its own (a candle's interval, a funding
-- hour that is due, else a bar), with the steps that are missing inside its span, the
-- rows that came after their bar's decision, and what the ingests met on the way.
with quotes as (

    select
        coin,
        source,
        bar_closed_at,
        final_count_rows,
        final_count_rows - count_rows as count_late,
        last_available_at,
    from {{ ref('int_quotes_aggregated_to_bars') }}

),

trades as (

    select
        coin,
        source,
        bar_closed_at,
        final_count_rows,
        final_count_rows - count_rows as count_late,
        last_available_at,
    from {{ ref('int_trades_aggregated_to_bars') }}

),

candles as (

    select
        coin,
        source,
        candle_interval,
        interval_s,
        case
            when available_at > {{ decided_at(bar_closed_at_edge('event_at')) }} then 1
            else 0
        end as count_late,
        event_at,
        available_at,
    from {{ ref('stg_hyperliquid__candles') }}

),

asset_contexts as (

    select
        coin,
        source,
        case
            when available_at > {{ decided_at(bar_closed_at('event_at')) }} then 1
            else 0
        end as count_late,
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
        case
            when available_at > {{ decided_at(seconds_after(
                bar_closed_at_edge('funding_hour_at'), bar_seconds()
            )) }} then 1
            else 0
        end as count_late,
        available_at,
    from {{ ref('int_funding_rates_aligned_to_hours') }}

),

recording_gaps as (

    select
        coin,
        source_table,
        source,
        count(*) as count_recording_gaps,
        {{ order_free_sum('gap_s', 6) }} as recording_gap_s,
    from {{ ref('stg_hyperliquid__recording_gaps') }}
    group by coin, source_table, source

),

ingests as (

    select
        source_table,
        coin,
        source,
        coalesce(candle_interval, '') as candle_interval,
        count_duplicate,
        count_conflicting,
        count_refused,
        count_repaired,
        is_empty_reply,
    from {{ ref('stg_results__ingests') }}

),

ingests_counted as (

    select
        source_table,
        coin,
        source,
        candle_interval,
        cast(sum(count_duplicate) as bigint) as count_duplicate,
        cast(sum(count_conflicting) as bigint) as count_conflicting,
        cast(sum(count_refused) as bigint) as count_refused,
        cast(sum(count_repaired) as bigint) as count_repaired,
        count(*) filter (where is_empty_reply) as count_empty_replies,
    from ingests
    group by source_table, coin, source, candle_interval

),

steps_unioned as (

    select
        coin,
        case when source = 'lakehouse' then 'order_flow' else 'book_snapshots' end
            as source_table,
        source,
        '' as candle_interval,
        {{ bar_seconds() }} as step_s,
        final_count_rows as count_rows,
        count_late,
        bar_closed_at as step_at,
        last_available_at,
    from quotes
    union all
    select
        coin,
        'trades' as source_table,
        source,
        '' as candle_interval,
        {{ bar_seconds() }} as step_s,
        final_count_rows as count_rows,
        count_late,
        bar_closed_at as step_at,
        last_available_at,
    from trades
    union all
    select
        coin,
        'candles' as source_table,
        source,
        candle_interval,
        interval_s as step_s,
        1 as count_rows,
        count_late,
        event_at as step_at,
        available_at as last_available_at,
    from candles
    union all
    select
        coin,
        'asset_contexts' as source_table,
        source,
        '' as candle_interval,
        {{ bar_seconds() }} as step_s,
        count(*) as count_rows,
        sum(count_late) as count_late,
        bar_closed_at as step_at,
        max(available_at) as last_available_at,
    from asset_contexts
    group by coin, source, bar_closed_at
    union all
    select
        coin,
        'funding_rates' as source_table,
        source,
        '' as candle_interval,
        {{ hours_s(1) }} as step_s,
        1 as count_rows,
        count_late,
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
        candle_interval,
        step_s,
        count_rows,
        count_late,
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
        max(candle_interval) as candle_interval,
        step_s,
        cast(sum(count_rows) as bigint) as count_rows,
        cast(sum(count_late) as bigint) as count_late,
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
        series_spanned.candle_interval,
        series_spanned.step_s,
        series_spanned.count_rows,
        series_spanned.count_late,
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
    steps_expected.coin,
    steps_expected.source_table,
    steps_expected.source,
    steps_expected.step_s,

    steps_expected.count_rows,
    steps_expected.count_steps_expected,
    steps_expected.count_steps_present,
    steps_expected.count_steps_expected
    - steps_expected.count_steps_present as count_steps_missing,
    {{ safe_divide(
        'cast(steps_expected.count_steps_present as double)',
        'steps_expected.count_steps_expected'
    ) }} as present_share,
    steps_expected.longest_gap_s,
    steps_expected.count_late,
    coalesce(recording_gaps.count_recording_gaps, 0) as count_recording_gaps,
    coalesce(recording_gaps.recording_gap_s, 0) as recording_gap_s,
    coalesce(ingests_counted.count_duplicate, 0) as count_duplicate,
    coalesce(ingests_counted.count_conflicting, 0) as count_conflicting,
    coalesce(ingests_counted.count_refused, 0) as count_refused,
    coalesce(ingests_counted.count_repaired, 0) as count_repaired,
    coalesce(ingests_counted.count_empty_replies, 0) as count_empty_replies,

    steps_expected.first_step_at,
    steps_expected.last_step_at,
    steps_expected.last_available_at,
from steps_expected
left join ingests_counted
    on
        steps_expected.coin = ingests_counted.coin
        and steps_expected.source_table = ingests_counted.source_table
        and steps_expected.source = ingests_counted.source
        and steps_expected.candle_interval = ingests_counted.candle_interval
left join recording_gaps
    on
        steps_expected.coin = recording_gaps.coin
        and steps_expected.source_table = recording_gaps.source_table
        and steps_expected.source = recording_gaps.source
