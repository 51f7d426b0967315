-- Has a feature left the range it was learnt in? Values are scaled by their largest
-- absolute value first, so that sums of whole numbers, which add exactly in any order,
-- keep fifteen digits of every feature.
{%- set names = [] %}
{%- if execute %}
    {%- set model = graph.nodes['model.' ~ project_name ~ '.features'] %}
    {%- for column in model.columns.values() %}
        {%- if column.config.meta.role == 'feature' %}
            {%- do names.append(column.name) %}
        {%- endif %}
    {%- endfor %}
{%- endif %}

with features as (

    select
        coin,
        {%- for name in names %}
        {{ name }},
        {%- endfor %}
        bar_closed_at,
    from {{ ref('features') }}
    where is_warm

),

spans_found as (

    select
        coin,
        {%- for name in names %}
        max(abs({{ name }})) as {{ name }},
        {%- endfor %}
        max(bar_closed_at) as last_bar_at,
    from features
    group by coin

),

features_scaled as (

    select
        features.coin,
        {%- for name in names %}
        {{ safe_divide('features.' ~ name, 'spans_found.' ~ name) }} as {{ name }},
        spans_found.{{ name }} as {{ name }}_scale,
        {%- endfor %}
        features.bar_closed_at > {{ seconds_after(
            'spans_found.last_bar_at', -var('drift_recent_days') * 86400
        ) }} as is_recent,
    from features
    inner join spans_found
        on features.coin = spans_found.coin

),

features_summarized as (

    {%- for name in names %}
    {%- set recent = 'case when is_recent then ' ~ name ~ ' end' %}
    {%- set earlier = 'case when not is_recent then ' ~ name ~ ' end' %}
    select
        coin,
        '{{ name }}' as feature,
        count({{ recent }}) as count_recent,
        count({{ earlier }}) as count_earlier,
        max({{ name }}_scale) as scale,
        {{ order_free_mean(recent, 15) }} as recent_mean,
        {{ order_free_mean(earlier, 15) }} as earlier_mean,
        {{ order_free_deviation(recent, 15) }} as recent_deviation,
        {{ order_free_deviation(earlier, 15) }} as earlier_deviation,
    from features_scaled
    group by coin
    {{ 'union all' if not loop.last }}
    {%- else %}
    {{ empty_rows([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'feature', 'type': 'varchar'},
        {'name': 'count_recent', 'type': 'bigint'},
        {'name': 'count_earlier', 'type': 'bigint'},
        {'name': 'scale', 'type': 'double'},
        {'name': 'recent_mean', 'type': 'double'},
        {'name': 'earlier_mean', 'type': 'double'},
        {'name': 'recent_deviation', 'type': 'double'},
        {'name': 'earlier_deviation', 'type': 'double'},
    ]) }}
    {%- endfor %}

)

select
    coin,
    feature,

    count_recent,
    count_earlier,
    recent_mean * scale as recent_mean,
    earlier_mean * scale as earlier_mean,
    recent_deviation * scale as recent_deviation,
    earlier_deviation * scale as earlier_deviation,
    {{ safe_divide('recent_mean - earlier_mean', 'earlier_deviation') }} as drift,
from features_summarized
