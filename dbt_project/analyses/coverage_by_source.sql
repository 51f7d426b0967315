-- What do we have, and from when?
select
    coin,
    source_table,
    source,
    first_step_at,
    last_step_at,
    round(present_share, 4) as present_share,
    count_steps_missing,
    count_late,
from {{ ref('coverage') }}
order by coin, source_table, source
