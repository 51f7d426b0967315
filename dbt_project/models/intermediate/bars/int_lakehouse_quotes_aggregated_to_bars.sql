-- Mid prices of adopted order flow to bars, day by day: only days whose files,
-- mapping, code or parameters changed are read again.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'day'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_superseded_days() }}",
) }}
{%- set changed = changed_days() %}
with days_changed as (
    {{ changed_day_rows(changed) }}

),

quotes as (

    {{ quotes_placed(ref('stg_lakehouse__order_flow'), is_in_changed_files(changed)) }}

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
    days_changed.fingerprint,

    {%- for name in quote_statistic_names() %}
    quotes_aggregated.{{ name }},
    {%- endfor %}
from quotes_aggregated
inner join days_changed
    on
        quotes_aggregated.coin = days_changed.coin
        and quotes_aggregated.day = days_changed.day
