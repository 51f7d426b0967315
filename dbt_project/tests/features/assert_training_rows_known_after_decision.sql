-- A label is never known at the decision it belongs to.
select
    coin,
    bar_closed_at,
    decided_at,
    known_at,
from {{ ref('training_rows') }}
where
    known_at is null
    or known_at <= decided_at
