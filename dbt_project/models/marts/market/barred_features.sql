-- Features that no model which trades live may read: an adopted column that they follow
-- from disagrees with our own recordings. Training leaves them out, and a model that
-- was trained on one predicts no more.
with order_flow_agreement as (

    select
        coin,
        column_name,
        reason,
    from {{ ref('order_flow_agreement') }}
    where is_barred

),

features_listed as (

    {%- set pairs = [] %}
    {%- for feature in feature_catalog() %}
    {%- for column in feature.source_columns %}
    {%- do pairs.append((feature.name, column)) %}
    {%- endfor %}
    {%- endfor %}
    {%- for feature, column in pairs %}
    select
        '{{ feature }}' as feature,
        '{{ column }}' as column_name,
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    {{ empty_rows([
        {'name': 'feature', 'type': 'varchar'},
        {'name': 'column_name', 'type': 'varchar'},
    ]) }}
    {%- endfor %}

)

select
    order_flow_agreement.coin,
    features_listed.feature,

    {{ distinct_list('order_flow_agreement.column_name') }} as column_names,
    {{ distinct_list('order_flow_agreement.reason') }} as reason,
from features_listed
inner join order_flow_agreement
    on features_listed.column_name = order_flow_agreement.column_name
group by order_flow_agreement.coin, features_listed.feature
