-- With hysteresis no finished spell is shorter than the dwell.
select
    coin,
    started_at,
    count_bars,
from {{ ref('regime_spells') }}
where
    rule = 'hysteresis'
    and not is_open
    and count_bars < {{ var('regime_dwell_bars') }}
