-- What each feature gave each model outside its train rows: the log loss that its own
-- share in the log-odds saves (exact tree attributions, Lundberg et al. 2020).
with stg_results__feature_contributions as (

    select
        model_id,
        feature,

        experiment,
        algorithm,
        coin,

        contribution_rank,
        contribution,
        contribution_low,
        contribution_high,
        absolute_share,
        count_rows,

        created_at,
    from {{ ref('stg_results__feature_contributions') }}

),

stg_results__promotions as (

    select
        model_id,
        experiment,
        created_at,
    from {{ ref('stg_results__promotions') }}

),

models_named as (

    select distinct
        model_id,
        experiment,
        coin,
    from stg_results__feature_contributions

),

-- The model that an experiment of a coin promoted, or went back to, last.
champions as (

    select
        models_named.experiment,
        models_named.coin,
        {{ last_by(
            'models_named.model_id',
            composite_key([
                'stg_results__promotions.created_at',
                'stg_results__promotions.model_id',
            ])
        ) }} as model_id,
    from stg_results__promotions
    inner join models_named
        on stg_results__promotions.model_id = models_named.model_id
    group by models_named.experiment, models_named.coin

)

select
    stg_results__feature_contributions.model_id,
    stg_results__feature_contributions.feature,

    stg_results__feature_contributions.experiment,
    stg_results__feature_contributions.algorithm,
    stg_results__feature_contributions.coin,

    stg_results__feature_contributions.contribution_rank,
    stg_results__feature_contributions.contribution,
    stg_results__feature_contributions.contribution_low,
    stg_results__feature_contributions.contribution_high,
    stg_results__feature_contributions.absolute_share,
    stg_results__feature_contributions.count_rows,

    champions.model_id is not null as is_champion,

    stg_results__feature_contributions.created_at,
from stg_results__feature_contributions
left join champions
    on stg_results__feature_contributions.model_id = champions.model_id
