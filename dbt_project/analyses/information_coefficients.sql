-- Which features rank the next day's return?
select
    feature,
    count(*) as count_days,
    corr(feature_rank, label_rank) as information_coefficient,
    corr(feature_rank, label_rank) * sqrt(count(*) - 2) / nullif(
        sqrt(1 - power(corr(feature_rank, label_rank), 2)), 0
    ) as t_value,
from (
    select
        feature,
        rank() over (partition by feature order by feature_value) as feature_rank,
        rank() over (partition by feature order by label_return) as label_rank,
    from (
        select
            bar_closed_at,
            label_return,
            rsi_14,
            return_24,
            close_to_ema_50,
            realised_volatility_24,
            funding_sum_24,
            sentiment_decayed,
        from {{ ref('training_rows') }}
        where coin = 'SOL' and hour(bar_closed_at) = 0
    )
    unpivot (
        feature_value for feature in (
            rsi_14,
            return_24,
            close_to_ema_50,
            realised_volatility_24,
            funding_sum_24,
            sentiment_decayed
        )
    )
)
group by feature
order by abs(information_coefficient) desc
