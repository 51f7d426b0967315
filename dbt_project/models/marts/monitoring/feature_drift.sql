-- Has a feature left the range it was learnt in? Values are scaled by their largest
-- absolute value first, so that sums of whole numbers, which add exactly in any order,
-- keep twelve digits of every feature.
with features as (

    select
        {%- for name in feature_names() %}
        {{ name }},
        {%- endfor %}
        coin,
        bar_closed_at,
    from {{ ref('features') }}
    where is_warm

),

values_listed as (

    {%- for name in feature_names() %}
    select
        coin,
        '{{ name }}' as feature,
        {{ name }} as feature_value,
        bar_closed_at,
    from features
    union all
    {%- endfor %}
    select
        coin,
        null as feature,
        null as feature_value,
        bar_closed_at,
    from features
    where false

),

spans_found as (

    select
        coin,
        feature,
        max(abs(feature_value)) as scale,
        {{ seconds_after(
            'max(bar_closed_at)', -hours_s(24 * var('drift_recent_days'))
        ) }} as recent_from_at,
    from values_listed
    group by coin, feature

),

values_scaled as (

    select
        values_listed.coin,
        values_listed.feature,
        spans_found.scale,
        {{ safe_divide('values_listed.feature_value', 'spans_found.scale') }} as scaled,
        values_listed.bar_closed_at > spans_found.recent_from_at as is_recent,
    from values_listed
    inner join spans_found
        on
            values_listed.coin = spans_found.coin
            and values_listed.feature = spans_found.feature

),

values_split as (

    select
        coin,
        feature,
        scale,
        case when is_recent then scaled end as recent,
        case when not is_recent then scaled end as earlier,
    from values_scaled

),

values_summarized as (

    select
        coin,
        feature,
        count(recent) as count_recent,
        count(earlier) as count_earlier,
        max(scale) as scale,
        {{ order_free_mean('recent', 12) }} as recent_mean,
        {{ order_free_mean('earlier', 12) }} as earlier_mean,
        {{ order_free_deviation('recent', 12) }} as recent_deviation,
        {{ order_free_deviation('earlier', 12) }} as earlier_deviation,
    from values_split
    group by coin, feature

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
from values_summarized
