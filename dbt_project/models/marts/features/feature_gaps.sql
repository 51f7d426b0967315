-- What is missing, feature by feature, so that a model trained without a source knows
-- it. The rows are made from the list of features in the YAML.
with features as (

    select
        {%- for feature in feature_names() %}
        {{ feature }},
        {%- endfor %}
        coin,
    from {{ ref('features') }}
    where
        coin = '{{ var("trade_coin") }}'
        and is_warm

),

sources_found as (

    {%- for source_table, relation, condition in [
        ('bars', ref('bars'), 'has_price'),
        ('order_flow', ref('int_order_flow_aggregated_to_bars'), 'true'),
        ('lakehouse', ref('int_lakehouse_order_flow_aggregated_to_bars'), 'true'),
        ('book_snapshots', ref('int_book_order_flow_aggregated_to_bars'), 'true'),
        ('trades', ref('int_trade_flow_aggregated_to_bars'), 'true'),
        ('funding_rates', ref('int_funding_rates_aligned_to_hours'), 'is_present'),
        ('asset_contexts', ref('stg_hyperliquid__asset_contexts'), 'true'),
    ] %}
    select
        '{{ source_table }}' as source_table,
        exists (
            select 1,
            from {{ relation }}
            where coin = '{{ var("trade_coin") }}' and {{ condition }}
        ) as is_source_present,
    union all
    {%- endfor %}
    select
        'benchmark_bars' as source_table,
        exists (
            select 1,
            from {{ ref('bars') }}
            where coin = '{{ var("benchmark_coin") }}' and has_price
        ) as is_source_present,
    union all
    select
        'headlines' as source_table,
        exists (select 1, from {{ ref('stg_news__headlines') }}) as is_source_present,
    union all
    select
        'clock' as source_table,
        true as is_source_present,

),

values_counted as (

    select
        {%- for feature in feature_names() %}
        count({{ feature }}) as {{ feature }},
        {%- endfor %}
        count(*) as count_rows,
    from features

),

features_listed as (

    {%- for feature in feature_catalog() %}
    select
        '{{ feature.name }}' as feature,
        '{{ feature.feature_group }}' as feature_group,
        '{{ feature.source_table }}' as source_table,
        {{ feature.name }} as count_non_null,
        count_rows,
    from values_counted
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

adopted_bars as (

    select count(*) as count_bars,
    from {{ ref('int_order_flow_aggregated_to_bars') }}
    where
        coin = '{{ var("trade_coin") }}'
        and source = 'lakehouse'

)

select
    features_listed.feature,

    features_listed.feature_group,
    features_listed.source_table,
    case
        when features_listed.count_non_null = 0 then 'missing'
        when
            features_listed.source_table = 'order_flow'
            and adopted_bars.count_bars = 0
            then 'derived'
        else 'present'
    end as status,

    features_listed.count_rows,
    features_listed.count_non_null,
    1 - {{ safe_divide(
        'cast(features_listed.count_non_null as double)', 'features_listed.count_rows'
    ) }} as null_share,

    sources_found.is_source_present,
from features_listed
cross join adopted_bars
left join sources_found
    on features_listed.source_table = sources_found.source_table
