-- Features that say nearly the same. Values are scaled to whole numbers by their own
-- largest magnitude, so that moments add exactly and no order of rows moves a bit.
with features as (

    select
        {%- for feature in feature_names() %}
        {{ feature }},
        {%- endfor %}
        bar_closed_at,
    from {{ ref('features') }}
    where
        coin = '{{ var("trade_coin") }}'
        and is_warm

),

rows_numbered as (

    select
        {%- for feature in feature_names() %}
        {{ feature }},
        {%- endfor %}
        row_number() over (order by bar_closed_at) as row_number_all,
        count(*) over () as count_all,
    from features

),

rows_spaced as (

    select
        {%- for feature in feature_names() %}
        {{ feature }},
        {%- endfor %}
        row_number_all,
    from rows_numbered
    where
        row_number_all
        % cast(ceil(count_all / {{ double(var('correlation_rows')) }}) as bigint)
        = 0

),

values_listed as (

    {%- for feature in feature_names() %}
    select
        '{{ feature }}' as feature,
        {{ loop.index }} as feature_number,
        {{ feature }} as feature_value,
        row_number_all,
    from rows_spaced
    where {{ feature }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

values_scaled as (

    select
        feature,
        feature_number,
        {{ scaled_integer(safe_divide(
            'feature_value', 'max(abs(feature_value)) over (partition by feature)'
        ), 6) }} as feature_value,
        row_number_all,
    from values_listed

),

pairs_summed as (

    select
        a.feature as feature_a,
        b.feature as feature_b,
        count(*) as count_rows,
        sum(a.feature_value) as sum_a,
        sum(b.feature_value) as sum_b,
        sum(a.feature_value * a.feature_value) as sum_aa,
        sum(b.feature_value * b.feature_value) as sum_bb,
        sum(a.feature_value * b.feature_value) as sum_ab,
    from values_scaled as a
    inner join values_scaled as b
        on
            a.row_number_all = b.row_number_all
            and a.feature_number < b.feature_number
    where a.feature_value is not null and b.feature_value is not null
    group by a.feature, b.feature

),

pairs_correlated as (

    select
        feature_a,
        feature_b,
        {{ safe_divide(
            'cast(count_rows * sum_ab - sum_a * sum_b as double)',
            'sqrt(cast(count_rows * sum_aa - sum_a * sum_a as double))'
            ~ ' * sqrt(cast(count_rows * sum_bb - sum_b * sum_b as double))'
        ) }} as correlation,
        count_rows,
    from pairs_summed

)

select
    feature_a,
    feature_b,

    correlation,
    count_rows,
from pairs_correlated
where abs(correlation) >= {{ var('correlation_threshold') }}
