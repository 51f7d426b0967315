-- A label is at most wholly its own, and at least one of horizon many.
select
    coin,
    bar_closed_at,
    sample_weight,
from {{ ref('training_rows') }}
where
    sample_weight is null
    or sample_weight > 1 + 1e-9
    or sample_weight < 1.0e0 / {{ var('label_horizon_bars') }} - 1e-9
