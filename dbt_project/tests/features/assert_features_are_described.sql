-- Every feature names a known group and a source that feature_gaps looks for.
{%- set groups = [
    'technical', 'order_flow', 'volatility', 'perpetual', 'cross_asset', 'sentiment',
    'calendar',
] %}
select
    feature,
    feature_group,
    source_table,
from {{ ref('feature_gaps') }}
where
    requirement = 'feature'
    and (
        count_source_bars is null
        or not {{ text_is_among('feature_group', groups) }}
    )
