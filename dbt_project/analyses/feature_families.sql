-- Which features say the same?
select
    clusters.cluster_name,
    max(clusters.count_features) as count_features,
    string_agg(clusters.feature, ', ' order by clusters.feature_number) as features,
    max(clusters.feature) filter (clusters.is_representative) as representative,
from {{ ref('feature_clusters') }} as clusters
where clusters.count_features > 1
group by clusters.cluster_name
order by count_features desc, clusters.cluster_name asc
