-- Effective spread of each bar's trades: twice the signed distance of the trade from
-- the last recorded mid before it. Day by day: only days whose files, code or
-- parameters changed are read again, with the books of the day before, of which the
-- last may count.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'day'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_superseded_folders(ref('stg_hyperliquid__trades')) }}",
) }}
{%- set changed = changed_folders([
    (ref('stg_hyperliquid__trades'), 0),
    (ref('stg_hyperliquid__book_snapshots'), 1),
]) %}
with days_changed as (
    {{ changed_day_rows(changed['days']) }}

),

trades as (

    {{ trades_matched(
        ref('stg_hyperliquid__trades'),
        ref('int_book_snapshots_quoted_to_rows'),
        is_in_changed_folders(changed),
        is_in_changed_folders(changed, days_before=1)
    ) }}

),

spreads_aggregated as (

    select
        coin,
        source,
        bar_closed_at,
        {{ day_of_bar('bar_closed_at') }} as day,
        {{ order_free_mean('effective_spread_bps', 8) }} as effective_spread_bps,
        count(effective_spread_bps) as count_matched,
    from trades
    group by coin, source, bar_closed_at

)

select
    spreads_aggregated.coin,
    spreads_aggregated.source,
    spreads_aggregated.bar_closed_at,

    spreads_aggregated.day,
    {{ fingerprint_of_day(changed) }} as fingerprint,

    spreads_aggregated.effective_spread_bps,
    spreads_aggregated.count_matched,
from spreads_aggregated
{{ join_days_changed('spreads_aggregated', changed) }}
