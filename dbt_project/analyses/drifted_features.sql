-- Which features have moved away?
select
    feature,
    recent_mean,
    earlier_mean,
    drift,
from {{ ref('feature_drift') }}
where coin = 'SOL' and abs(drift) > 1
order by abs(drift) desc, feature asc
