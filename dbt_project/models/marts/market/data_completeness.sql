-- Known cells over expected ones: bars after warm-up, times the columns that the
-- lake's sources can give. A feature whose source was never there is not required;
-- feature_gaps tells those.
with features as (

    select
        coin,
        close,
        {%- for feature in feature_names() if feature != 'close' %}
        {{ feature }},
        {%- endfor %}
        bar_closed_at,
    from {{ ref('features') }}
    where is_warm

),

feature_gaps as (

    select
        feature,
        source_table,
        is_source_present,
    from {{ ref('feature_gaps') }}
    where requirement = 'feature'

),

values_counted as (

    select
        coin,
        count(close) as close,
        {%- for feature in feature_names() if feature != 'close' %}
        count({{ feature }}) as {{ feature }},
        {%- endfor %}
        count(*) as count_expected,
        date_trunc('month', bar_closed_at) as month_at,
    from features
    group by coin, date_trunc('month', bar_closed_at)

),

columns_listed as (

    select
        coin,
        'close' as column_name,
        'bars' as source_table,
        count_expected,
        close as count_known,
        month_at,
    from values_counted
    {%- for feature in feature_catalog() if feature.name != 'close' %}
    union all
    select
        coin,
        '{{ feature.name }}' as column_name,
        '{{ feature.source_table }}' as source_table,
        count_expected,
        {{ feature.name }} as count_known,
        month_at,
    from values_counted
    {%- endfor %}

)

select
    columns_listed.coin,
    columns_listed.column_name,
    columns_listed.month_at,

    columns_listed.source_table,

    columns_listed.count_expected,
    columns_listed.count_known,
    {{ safe_divide(
        'cast(columns_listed.count_known as double)', 'columns_listed.count_expected'
    ) }} as known_share,

    columns_listed.count_known
    >= {{ var('quality_completeness') }} * columns_listed.count_expected as is_complete,
from columns_listed
left join feature_gaps
    on columns_listed.column_name = feature_gaps.feature
where
    columns_listed.coin = '{{ var("trade_coin") }}'
    and coalesce(feature_gaps.is_source_present, true)
