-- What a model fitted then could learn from
with cut as (select timestamp '2025-06-01 00:00:00' as fitted_at,)

select
    cut.fitted_at,
    count(*) filter (rows.bar_closed_at <= cut.fitted_at) as count_by_label,
    count(*) filter (rows.known_at <= cut.fitted_at) as count_known,
    (
        select count(*),
        from known_training_rows('SOL', timestamp '2025-06-01 00:00:00')
    ) as count_by_macro,
from {{ ref('training_rows') }} as rows
cross join cut
where rows.coin = 'SOL'
group by cut.fitted_at
