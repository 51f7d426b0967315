-- A fill lies in its own bar, after the decision of the bar before plus the latency; a
-- candle's close lies on the right edge.
select
    coin,
    bar_closed_at,
    execution_at,
from {{ ref('bars_final') }}
where
    execution_at < {{ seconds_after(
        'bar_opened_at', var('decision_delay_s') + var('execution_latency_s')
    ) }}
    or execution_at > bar_closed_at
    or (execution_price is null) <> (execution_at is null)
