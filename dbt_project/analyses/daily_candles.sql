-- Daily candles
select
    bar_closed_at,
    open,
    high,
    low,
    close,
    volume,
    is_complete,
    decided_at,
from resample_bars('SOL', interval '1 day')
order by bar_closed_at
