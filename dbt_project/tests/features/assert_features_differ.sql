-- A feature that is another one, or a multiple of it, is no second opinion: it halves
-- the importance of both. Pairs that are alike in the spaced rows of
-- feature_correlations are compared over every warm bar that has both. Whoever knows
-- why two may be equal says so in the YAML of one: `same_as: [<the other>]`.
-- Statistics within a bar are judged where bars hold more than one row of order flow:
-- of one row the last value is the mean.
with features as (

    {{ features_judged() }}

),

pairs as (

    select
        feature_a,
        feature_b,
    from {{ ref('feature_correlations') }}
    where
        abs(correlation) > 1 - 1e-4
        and not {{ pair_may_be_equal() }}

),

names as (

    select feature_a as feature, from pairs
    union
    select feature_b as feature, from pairs

),

values_listed as (

    {{ columns_listed('features', feature_names(), ['bar_closed_at']) }}

),

values_suspected as (

    select
        values_listed.feature,
        values_listed.feature_value,
        values_listed.bar_closed_at,
    from values_listed
    inner join names
        on values_listed.feature = names.feature
    where values_listed.feature_value is not null

),

pairs_counted as (

    select
        pairs.feature_a,
        pairs.feature_b,
        a.feature_value as value_a,
        count(*) as count_bars,
        count(case when a.feature_value = b.feature_value then 1 end) as count_equal,
    from pairs
    inner join values_suspected as a
        on pairs.feature_a = a.feature
    inner join values_suspected as b
        on
            pairs.feature_b = b.feature
            and a.bar_closed_at = b.bar_closed_at
    group by pairs.feature_a, pairs.feature_b, a.feature_value

),

pairs_measured as (

    select
        pairs.feature_a,
        pairs.feature_b,
        corr(a.feature_value, b.feature_value) as correlation,
    from pairs
    inner join values_suspected as a
        on pairs.feature_a = a.feature
    inner join values_suspected as b
        on
            pairs.feature_b = b.feature
            and a.bar_closed_at = b.bar_closed_at
    group by pairs.feature_a, pairs.feature_b

),

pairs_judged as (

    select
        feature_a,
        feature_b,
        sum(count_bars) as count_bars,
        sum(count_equal) as count_equal,
        sum(count_bars) - max(count_bars) as count_moves,
    from pairs_counted
    group by feature_a, feature_b

)

select
    pairs_judged.feature_b
    || ' equals ' || pairs_judged.feature_a
    || case
        when pairs_judged.count_equal = pairs_judged.count_bars then ''
        else ' but for scale and shift'
    end
    || ' in all ' || cast(pairs_judged.count_bars as varchar)
    || ' warm bars that have both: remove one, or list the other in meta.same_as'
        as violation,
from pairs_judged
inner join pairs_measured
    on
        pairs_judged.feature_a = pairs_measured.feature_a
        and pairs_judged.feature_b = pairs_measured.feature_b
where
    pairs_judged.count_bars >= {{ var('guard_least_bars') }}
    and pairs_judged.count_moves >= {{ var('guard_least_moves') }}
    and (
        pairs_judged.count_equal = pairs_judged.count_bars
        or abs(pairs_measured.correlation) >= 1 - 1e-12
    )
order by pairs_judged.feature_b, pairs_judged.feature_a
