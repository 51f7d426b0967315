-- A feature that no warm bar has, although its source and every column that it reads
-- are there for long enough at a stretch, is broken: a join that meets nothing looks
-- like this. A recorder that runs by day only fills no window of a day.
-- Statistics within a bar are judged where enough bars hold more than one row of order
-- flow: one row has no slope.
with features as (

    {{ features_judged() }}

),

bars_counted as (

    select count(case when has_several_rows then 1 end) as count_several_rows,
    from features

),

feature_gaps as (

    select
        feature,
        source_table,
        missing_columns,
        count_rows,
        count_source_bars,
        count_expected_bars,
    from {{ ref('feature_gaps') }}
    where
        requirement = 'feature'
        and count_non_null = 0

)

select
    feature_gaps.feature
    || ' has no value in ' || cast(feature_gaps.count_rows as varchar)
    || ' warm bars, although ' || feature_gaps.source_table || ' has rows in '
    || cast(feature_gaps.count_source_bars as varchar)
    || ' bars: mend its join, or name in its meta the columns that it reads, '
    || 'or why it may_be_null'
        as violation,
from feature_gaps
cross join bars_counted
where
    feature_gaps.missing_columns is null
    and feature_gaps.count_rows >= {{ var('guard_least_bars') }}
    and feature_gaps.count_expected_bars >= {{ var('guard_least_bars') }}
    and (
        bars_counted.count_several_rows >= {{ var('guard_least_bars') }}
        or not {{ text_is_among('feature_gaps.feature', features_within_bar()) }}
    )
    and not {{ text_is_among('feature_gaps.feature', features_that_may_be_null()) }}
order by feature_gaps.feature
