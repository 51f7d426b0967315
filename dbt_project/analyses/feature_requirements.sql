-- Which features are missing, and what would bring them?
select
    requirement,
    status,
    count(*) as count_names,
    min(remedy) as a_remedy,
from {{ ref('feature_gaps') }}
group by requirement, status
order by requirement, status
