-- Are the probabilities honest?
select
    fifth,
    count(*) as count_bars,
    avg(probability_up) as mean_probability,
    avg(cast(label_up as integer)) as up_share,
from (
    select
        predictions.probability_up,
        labels.label_up,
        ntile(5) over (
            order by predictions.probability_up, predictions.bar_closed_at
        ) as fifth,
    from {{ ref('predictions') }} as predictions
    inner join {{ ref('labels') }} as labels
        on
            predictions.coin = labels.coin
            and predictions.bar_closed_at = labels.bar_closed_at
    where predictions.kind = 'walk_forward' and labels.label_up is not null
)
group by fifth
order by fifth
