-- No bar reads a headline outside its window, and every score lies in [-1, 1].
select
    coin,
    bar_closed_at,
    sentiment_age_s,
    sentiment_min,
from {{ ref('sentiment_bars') }}
where
    sentiment_age_s <= 0
    or sentiment_age_s > {{ hours_s(var('sentiment_window_hours')) }}
    or abs(sentiment_min) > 1
    or abs(sentiment_decayed) > 1 + 1e-9
    or count_scored > count_headlines
