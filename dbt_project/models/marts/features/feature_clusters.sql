-- Features that a chain of near equals ties together: connected components over the
-- pairs of feature_correlations. Paths double in length from round to round, so the
-- number of rounds follows from the number of features and no loop needs an engine's
-- own recursion.
{%- set rounds = doubling_rounds(feature_names() | length) %}
with feature_correlations as (

    select
        feature_a,
        feature_b,
    from {{ ref('feature_correlations') }}

),

feature_contributions as (

    select
        feature,
        experiment,
        contribution,
    from {{ ref('feature_contributions') }}
    where
        is_champion
        and coin = '{{ var("trade_coin") }}'

),

features_numbered as (

    {%- set rows = [] %}
    {%- for feature in feature_names() %}
        {%- do rows.append([feature, loop.index]) %}
    {%- endfor %}
    {{ rows_listed([
        {'name': 'feature', 'type': 'varchar'},
        {'name': 'feature_number', 'type': 'bigint'},
    ], rows) }}

),

pairs_found_0 as (

    select
        feature as feature_a,
        feature as feature_b,
    from features_numbered
    union
    select
        feature_a,
        feature_b,
    from feature_correlations
    union
    select
        feature_b as feature_a,
        feature_a as feature_b,
    from feature_correlations

),

{%- for round in range(rounds) %}

pairs_found_{{ round + 1 }} as (

    select distinct
        near.feature_a,
        far.feature_b,
    from pairs_found_{{ round }} as near
    inner join pairs_found_{{ round }} as far
        on near.feature_b = far.feature_a

),
{%- endfor %}

-- A feature belongs to the first one that it reaches.
members as (

    select
        pairs.feature_a as feature,
        min(reached.feature_number) as cluster_number,
    from pairs_found_{{ rounds }} as pairs
    inner join features_numbered as reached
        on pairs.feature_b = reached.feature
    group by pairs.feature_a

),

contributions as (

    select
        feature,
        {{ last_by('contribution', 'experiment') }} as contribution,
    from feature_contributions
    group by feature

),

members_ranked as (

    select
        members.feature,
        first_ones.feature as cluster_name,
        count(*) over (partition by members.cluster_number) as count_features,
        contributions.contribution,
        features_numbered.feature_number,
        row_number() over (
            partition by members.cluster_number
            order by
                case when contributions.contribution is null then 1 else 0 end,
                contributions.contribution desc,
                features_numbered.feature_number
        ) as place,
    from members
    inner join features_numbered
        on members.feature = features_numbered.feature
    inner join features_numbered as first_ones
        on members.cluster_number = first_ones.feature_number
    left join contributions
        on members.feature = contributions.feature

)

select
    feature,

    cluster_name,

    feature_number,
    count_features,
    contribution,

    place = 1 as is_representative,
from members_ranked
