-- How far settled funding follows the venue's formula, era by era. Where no premium was
-- recorded the rates still tell one thing: with interest and a clamp they rest at the
-- interest in calm hours, on the premium alone they do not.
with funding_formula as (

    select
        coin,
        era,
        settled_rate,
        difference,
        recorded_difference,
        is_within_tolerance,
        is_resting,
        funding_hour_at,
    from {{ ref('funding_formula') }}

)

select
    coin,
    era,

    count(*) as count_settlements,
    count(difference) as count_with_premium,
    count(case when is_within_tolerance then 1 end) as count_within,
    {{ safe_divide(
        'cast(count(case when is_within_tolerance then 1 end) as double)',
        'count(difference)'
    ) }} as agreement_share,
    max(abs(difference)) as largest_difference,
    count(recorded_difference) as count_recorded,
    {{ order_free_mean('abs(recorded_difference)', 15) }} as mean_recorded_difference,
    {{ safe_divide(
        'cast(count(case when is_resting then 1 end) as double)', 'count(*)'
    ) }} as resting_share,
    {{ order_free_mean('settled_rate', 12) }} as mean_settled_rate,

    min(funding_hour_at) as first_hour_at,
    max(funding_hour_at) as last_hour_at,
from funding_formula
group by coin, era
