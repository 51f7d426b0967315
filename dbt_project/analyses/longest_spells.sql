-- The longest runs of one regime
select
    rule,
    regime,
    started_at,
    ended_at,
    count_bars,
    price_return,
from {{ ref('regime_spells') }}
where coin = 'SOL' and not is_open
order by count_bars desc, rule asc, started_at asc
limit 10
