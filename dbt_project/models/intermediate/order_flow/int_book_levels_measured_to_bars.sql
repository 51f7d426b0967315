-- Size from which a level counts as large: per level, the quantile over a bar's books.
-- A book is judged by the bar before its own, so that the threshold is known in time.
-- Day by day: only days whose files, code or parameters changed are read again.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'day'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_superseded_folders(ref('stg_hyperliquid__book_snapshots')) }}",
) }}
{%- set changed = changed_folders([(ref('stg_hyperliquid__book_snapshots'), 0)]) %}
{%- set depth = 10 %}
with days_changed as (
    {{ changed_day_rows(changed['days']) }}

),

book_snapshots as (

    select
        coin,
        source,
        {%- for side in ['bid', 'ask'] %}
        {%- for level in range(1, depth + 1) %}
        {{ side }}_size_{{ level }}_base,
        {%- endfor %}
        {%- endfor %}
        available_at,
        {{ bar_closed_at('event_at') }} as bar_closed_at,
    from {{ ref('stg_hyperliquid__book_snapshots') }}
    where {{ is_in_changed_folders(changed) }}

),

levels_measured as (

    select
        coin,
        source,
        bar_closed_at,
        {{ day_of_bar('bar_closed_at') }} as day,
        {%- for side in ['bid', 'ask'] %}
        {%- for level in range(1, depth + 1) %}
        {{ quantile_of(
            book_size(side, level), var('large_order_quantile')
        ) }} as large_{{ side }}_size_{{ level }}_base,
        {%- endfor %}
        {%- endfor %}
    from book_snapshots
    where available_at <= {{ decided_at('bar_closed_at') }}
    group by coin, source, bar_closed_at

)

select
    levels_measured.coin,
    levels_measured.source,
    levels_measured.bar_closed_at,

    levels_measured.day,
    {{ fingerprint_of_day(changed) }} as fingerprint,

    {%- for side in ['bid', 'ask'] %}
    {%- for level in range(1, depth + 1) %}
    levels_measured.large_{{ side }}_size_{{ level }}_base,
    {%- endfor %}
    {%- endfor %}
from levels_measured
{{ join_days_changed('levels_measured', changed) }}
