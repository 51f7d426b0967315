-- A bar has a price, a source and rows behind it, or none of them; and the mid of
-- quotes lies within its own high and low.
select
    coin,
    bar_closed_at,
    price_source,
    count_rows,
from {{ ref('bars') }}
where
    has_price <> (price_source is not null)
    or has_price <> (count_rows > 0)
    or (price_source = 'mid' and close not between low and high)
