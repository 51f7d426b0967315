-- Buckets are whole or absent: an edge bucket that the bars fill in part only would
-- be a price of the future or of a past that we never saw. Subqueries, because older
-- clients lose the common table expressions of a stored macro.
create macro {schema}.resample_bars(coin, every) as table
select
    bucketed.coin,
    bucketed.bucket_opened_at + every as bar_closed_at,

    min_by(bucketed.open, bucketed.bar_closed_at)
        filter (where bucketed.open is not null) as open,
    max(bucketed.high) as high,
    min(bucketed.low) as low,
    max_by(bucketed.close, bucketed.bar_closed_at)
        filter (where bucketed.close is not null) as close,
    case
        when count(bucketed.volume) = count(*) then sum(bucketed.volume)
    end as volume,
    count(*) as count_bars,
    count(bucketed.close) as count_priced_bars,

    count(bucketed.close) = count(*) as is_complete,

    bucketed.bucket_opened_at as bar_opened_at,
    max(bucketed.decided_at) as decided_at,
from (
    select
        bars.coin,
        bars.open,
        bars.high,
        bars.low,
        bars.close,
        bars.volume,
        bars.bar_opened_at,
        bars.bar_closed_at,
        bars.decided_at,
        time_bucket(every, bars.bar_opened_at) as bucket_opened_at,
    from {schema}.bars as bars
    where bars.coin = coin
) as bucketed
group by bucketed.coin, bucketed.bucket_opened_at
having
    case
        when
            max(bucketed.bar_closed_at) > bucketed.bucket_opened_at + every
            then error('resample_bars: every must be a whole number of bars')
        else
            min(bucketed.bar_opened_at) = bucketed.bucket_opened_at
            and max(bucketed.bar_closed_at) = bucketed.bucket_opened_at + every
    end
order by bucketed.bucket_opened_at
