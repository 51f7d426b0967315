-- What did we know at a moment?
select
    bar_closed_at,
    decided_at,
    close,
    rsi_14,
    funding_rate_last,
from as_of('features', 'SOL', timestamp '2025-06-01 12:00:00')
