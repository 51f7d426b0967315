-- Mid prices of adopted order flow to bars, month by month: only months whose files,
-- mapping, code or parameters changed are read again.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['coin', 'month'],
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_dropped_months() }}",
) }}
{%- set changed = changed_months() %}
with months_changed as (
    {{ changed_month_rows(changed) }}

),

quotes as (

    {{ quotes_placed(ref('stg_lakehouse__order_flow'), is_in_changed_files(changed)) }}

),

quotes_aggregated as (

    select
        coin,
        source,
        bar_closed_at,
        {{ month_of_bar('bar_closed_at') }} as month,
        {{- quote_statistics() }}
    from quotes
    group by coin, source, bar_closed_at

)

select
    quotes_aggregated.coin,
    quotes_aggregated.source,
    quotes_aggregated.bar_closed_at,

    quotes_aggregated.month,
    months_changed.fingerprint,

    {%- for name in quote_statistic_names() %}
    quotes_aggregated.{{ name }},
    {%- endfor %}
from quotes_aggregated
inner join months_changed
    on
        quotes_aggregated.coin = months_changed.coin
        and quotes_aggregated.month = months_changed.month
