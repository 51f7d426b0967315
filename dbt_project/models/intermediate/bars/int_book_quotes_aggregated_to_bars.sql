-- Mid prices of our own recorded books to bars, day by day: only days whose
-- files, code or parameters changed are read again.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'day'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_superseded_folders(ref('stg_hyperliquid__book_snapshots')) }}",
) }}
{%- set changed = changed_folders([(ref('stg_hyperliquid__book_snapshots'), 0)]) %}
with days_changed as (
    {{ changed_day_rows(changed['days']) }}

),

quotes as (

    {{ quotes_placed(
        ref('int_book_snapshots_quoted_to_rows'), is_in_changed_folders(changed)
    ) }}

),

quotes_aggregated as (

    select
        coin,
        source,
        bar_closed_at,
        {{ day_of_bar('bar_closed_at') }} as day,
        {{- quote_statistics() }}
    from quotes
    group by coin, source, bar_closed_at

)

select
    quotes_aggregated.coin,
    quotes_aggregated.source,
    quotes_aggregated.bar_closed_at,

    quotes_aggregated.day,
    {{ fingerprint_of_day(changed) }} as fingerprint,

    {%- for name in quote_statistic_names() %}
    quotes_aggregated.{{ name }},
    {%- endfor %}
from quotes_aggregated
{{ join_days_changed('quotes_aggregated', changed) }}
