-- Every feature names a known group, a source that feature_gaps looks for, and only
-- experiments that exist.
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
    is_source_present is null
    or feature_group not in (
        {%- for group in groups %}
        '{{ group }}'
        {%- if not loop.last %}, {% endif %}
        {%- endfor %}
    )
