-- A feature with one value in every warm bar that has it tells nothing. Whoever knows
-- why that is right for some data says so in its YAML: `may_be_constant: <reason>`.
-- Statistics within a bar are judged where bars hold more than one row of order flow:
-- one row has a deviation of 0, which is no fault of the feature.
with features as (

    {{ features_judged() }}

),

values_counted as (

    {%- for aggregate in ['count', 'min', 'max'] %}
    select
        '{{ aggregate }}' as aggregate,
        {%- for feature in feature_names() %}
        cast({{ aggregate }}({{ feature }}) as double) as {{ feature }},
        {%- endfor %}
    from features
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

values_listed as (

    {{ columns_listed('values_counted', feature_names(), ['aggregate']) }}

),

features_judged as (

    select
        feature,
        max(case when aggregate = 'count' then feature_value end) as count_bars,
        max(case when aggregate = 'min' then feature_value end) as least,
        max(case when aggregate = 'max' then feature_value end) as most,
    from values_listed
    group by feature

)

select
    feature
    || ' is ' || cast(least as varchar)
    || ' in all ' || cast(cast(count_bars as bigint) as varchar)
    || ' warm bars that have it: remove it, or give meta.may_be_constant a reason'
        as violation,
from features_judged
where
    count_bars >= {{ var('guard_least_bars') }}
    and least = most
    and not {{ text_is_among('feature', features_that_may_be_constant()) }}
order by feature
