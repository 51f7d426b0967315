-- Calibration and accuracy by month: a model that stops working shows here first. The
-- direction said is the likelier one; one half says down.
with predictions as (

    select
        model_id,
        kind,
        coin,
        experiment,
        probability_up,
        bar_closed_at,
    from {{ ref('predictions') }}

),

labels as (

    select
        coin,
        label_up,
        bar_closed_at,
    from {{ ref('labels') }}
    where label_up is not null

),

outcomes_scored as (

    select
        predictions.model_id,
        predictions.kind,
        predictions.coin,
        predictions.experiment,
        predictions.probability_up,
        case when labels.label_up then 1 else 0 end as outcome,
        (predictions.probability_up > 1 - predictions.probability_up)
        = labels.label_up as is_right,
        date_trunc('month', predictions.bar_closed_at) as month_started_at,
    from predictions
    inner join labels
        on
            predictions.coin = labels.coin
            and predictions.bar_closed_at = labels.bar_closed_at
    where predictions.probability_up is not null

)

select
    model_id,
    kind,
    coin,
    cast(month_started_at as timestamp) as month_started_at,

    experiment,

    count(*) as count_rows,
    {{ safe_divide('cast(count(*) filter (where is_right) as double)', 'count(*)') }}
        as accuracy,
    {{ safe_divide(
        'cast(greatest(sum(outcome), count(*) - sum(outcome)) as double)', 'count(*)'
    ) }} as majority_rate,
    {{ order_free_mean('(probability_up - outcome) * (probability_up - outcome)') }}
        as brier,
    {{ safe_divide('cast(sum(outcome) as double)', 'count(*)') }} as up_share,
    {{ order_free_mean('probability_up') }} as probability_up_mean,
from outcomes_scored
group by model_id, kind, coin, experiment, month_started_at
