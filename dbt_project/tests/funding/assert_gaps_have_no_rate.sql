-- A due hour without a settlement is unknown, never zero; a settled one has a rate.
select
    coin,
    funding_hour_at,
    funding_rate,
from {{ ref('funding_hours') }}
where
    is_present <> (funding_rate is not null)
    or (is_present and available_at is null)
