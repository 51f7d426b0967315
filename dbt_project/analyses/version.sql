-- Which version is this?
select
    build_id,
    published_at,
    parameters ->> 'bar_minutes' as bar_minutes,
    parameters ->> 'label_horizon_bars' as label_horizon_bars,
from build_info
