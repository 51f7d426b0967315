-- Does sentiment say anything?
select
    sentiment_third,
    count(*) as count_bars,
    avg(sentiment_decayed) as mean_sentiment,
    avg(label_return) as mean_return,
from (
    select
        sentiment_decayed,
        label_return,
        case
            when sentiment_decayed is not null
                then ntile(3) over (
                    partition by sentiment_decayed is null
                    order by sentiment_decayed, bar_closed_at
                )
        end as sentiment_third,
    from {{ ref('training_rows') }}
    where coin = 'SOL'
)
group by sentiment_third
order by sentiment_third
