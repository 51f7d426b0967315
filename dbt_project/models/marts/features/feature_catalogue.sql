-- What a feature means, where it comes from, whether this lake has it, what it is alike
-- to, and what it gave the champion outside its train rows. The meaning is what its
-- YAML says; the YAML is the one list.
{%- set catalog = feature_catalog() %}
with feature_gaps as (

    select
        feature,
        status,
        remedy,
        null_share,
    from {{ ref('feature_gaps') }}
    where requirement = 'feature'

),

feature_clusters as (

    select
        feature,
        cluster_name,
        is_representative,
    from {{ ref('feature_clusters') }}

),

feature_contributions as (

    select
        feature,
        experiment,
        model_id,
        contribution_rank,
        contribution,
        contribution_low,
        contribution_high,
    from {{ ref('feature_contributions') }}
    where
        is_champion
        and coin = '{{ var("trade_coin") }}'

),

features_described as (

    {%- set rows = [] %}
    {%- for feature in catalog %}
        {%- do rows.append([
            feature.name,
            loop.index,
            feature.feature_group,
            feature.description,
            feature.unit,
            feature.source_table,
            feature.source,
            feature.source_columns | join(', '),
            feature.experiments | join(', '),
            feature.standing,
            feature.warmup_bars if feature.warmup_bars is not none
            else var('warmup_bars'),
        ]) %}
    {%- endfor %}
    {{ rows_listed([
        {'name': 'feature', 'type': 'varchar'},
        {'name': 'feature_number', 'type': 'bigint'},
        {'name': 'feature_group', 'type': 'varchar'},
        {'name': 'meaning', 'type': 'varchar'},
        {'name': 'unit', 'type': 'varchar'},
        {'name': 'source_table', 'type': 'varchar'},
        {'name': 'source', 'type': 'varchar'},
        {'name': 'source_columns', 'type': 'varchar'},
        {'name': 'experiments', 'type': 'varchar'},
        {'name': 'standing', 'type': 'varchar'},
        {'name': 'warmup_bars', 'type': 'bigint'},
    ], rows) }}

),

-- Experiments sort so that perp, whose models trade, comes last.
contributions_chosen as (

    select
        feature,
        model_id,
        contribution_rank,
        contribution,
        contribution_low,
        contribution_high,
    from feature_contributions
    qualify row_number() over (partition by feature order by experiment desc) = 1

)

select
    features_described.feature,

    features_described.feature_group,
    features_described.meaning,
    features_described.unit,
    features_described.source_table,
    features_described.source,
    features_described.source_columns,
    features_described.experiments,
    features_described.standing,
    feature_gaps.status,
    feature_gaps.remedy,
    feature_clusters.cluster_name,
    contributions_chosen.model_id,

    features_described.feature_number,
    features_described.warmup_bars,
    feature_gaps.null_share,
    contributions_chosen.contribution_rank,
    contributions_chosen.contribution,
    contributions_chosen.contribution_low,
    contributions_chosen.contribution_high,

    coalesce(feature_clusters.is_representative, false) as is_representative,
from features_described
left join feature_gaps
    on features_described.feature = feature_gaps.feature
left join feature_clusters
    on features_described.feature = feature_clusters.feature
left join contributions_chosen
    on features_described.feature = contributions_chosen.feature
