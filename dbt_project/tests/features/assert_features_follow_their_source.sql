-- A feature that no warm bar has, although its source and every column that it reads
-- are there for long enough at a stretch, is broken: a join that meets nothing looks
-- like this. A recorder that runs by day only fills no window of a day.
select
    feature
    || ' has no value in ' || cast(count_rows as varchar)
    || ' warm bars, although ' || source_table || ' has rows in '
    || cast(count_source_bars as varchar)
    || ' bars: mend its join, or name in its meta the columns that it reads, '
    || 'or why it may_be_null'
        as violation,
from {{ ref('feature_gaps') }}
where
    requirement = 'feature'
    and count_non_null = 0
    and missing_columns is null
    and count_rows >= {{ var('guard_least_bars') }}
    and count_expected_bars >= {{ var('guard_least_bars') }}
    and not {{ text_is_among('feature', features_that_may_be_null()) }}
order by feature
