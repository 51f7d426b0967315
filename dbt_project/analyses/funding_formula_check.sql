-- Do the settled rates follow the venue's formula?
select
    coin,
    era,
    count_settlements,
    count_with_premium,
    agreement_share,
    largest_difference,
    resting_share,
from {{ ref('funding_formula_eras') }}
order by coin, first_hour_at
