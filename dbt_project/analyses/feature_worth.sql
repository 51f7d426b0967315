-- Which features earned their place?
select
    feature,
    feature_group,
    unit,
    contribution_rank,
    contribution,
    contribution_low,
    contribution_high,
    contribution_low > 0 as is_worth_it,
from {{ ref('feature_catalogue') }}
where contribution_rank is not null
order by contribution_rank
