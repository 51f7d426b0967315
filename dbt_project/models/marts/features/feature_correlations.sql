-- Features that say nearly the same, by value (Pearson) or by rank (Spearman). Values
-- are scaled to whole numbers by their own largest magnitude, so that sums are exact.
-- The sums of one feature over the rows that another knows depend on which rows those
-- are, and few patterns of rows differ: they are made once per feature and pattern, so
-- that a pair costs two products of vectors.
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

    {{ columns_listed('rows_spaced', feature_names(), ['row_number_all']) }}

),

-- The rank less the mean rank, twice, is a whole number, ties or not.
values_ranked as (

    select
        feature,
        coalesce({{ scaled_integer(safe_divide(
            'feature_value', 'max(abs(feature_value)) over (partition by feature)'
        ), 6) }}, 0) as scaled_value,
        case
            when feature_value is null then 0
            else
                rank() over (partition by feature order by feature_value)
                - rank() over (partition by feature order by feature_value desc)
        end as centred_rank,
        case when feature_value is null then 0 else 1 end as is_known,
        row_number_all,
    from values_listed

),

vectors as (

    select
        feature,
        {{ vector_of('scaled_value', 'row_number_all') }} as value_vector,
        {{ vector_of('scaled_value * scaled_value', 'row_number_all') }}
            as square_vector,
        {{ vector_of('centred_rank', 'row_number_all') }} as rank_vector,
        {{ vector_of('centred_rank * centred_rank', 'row_number_all') }}
            as rank_square_vector,
        {{ vector_of('is_known', 'row_number_all') }} as known_vector,
    from values_ranked
    group by feature
    having sum(is_known) >= {{ var('correlation_least_rows') }}

),

patterns as (

    select
        known_vector,
        min(feature) as pattern,
    from vectors
    group by known_vector

),

vectors_patterned as (

    select
        vectors.feature,
        patterns.pattern,
        vectors.value_vector,
        vectors.rank_vector,
    from vectors
    inner join patterns
        on vectors.known_vector = patterns.known_vector

),

sums_by_pattern as (

    select
        vectors.feature,
        patterns.pattern,
        {{ inner_product('vectors.known_vector', 'patterns.known_vector') }}
            as count_rows,
        {{ inner_product('vectors.value_vector', 'patterns.known_vector') }}
            as sum_values,
        {{ inner_product('vectors.square_vector', 'patterns.known_vector') }}
            as sum_squares,
        {{ inner_product('vectors.rank_vector', 'patterns.known_vector') }}
            as sum_ranks,
        {{ inner_product('vectors.rank_square_vector', 'patterns.known_vector') }}
            as sum_rank_squares,
    from vectors
    cross join patterns

),

features_numbered as (

    {%- for feature in feature_names() %}
    select
        '{{ feature }}' as feature,
        {{ loop.index }} as feature_number,
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    {{ empty_rows([
        {'name': 'feature', 'type': 'varchar'},
        {'name': 'feature_number', 'type': 'integer'},
    ]) }}
    {%- endfor %}

),

vectors_numbered as (

    select
        vectors_patterned.feature,
        vectors_patterned.pattern,
        vectors_patterned.value_vector,
        vectors_patterned.rank_vector,
        features_numbered.feature_number,
    from vectors_patterned
    inner join features_numbered
        on vectors_patterned.feature = features_numbered.feature

),

pairs_multiplied as (

    select
        a.feature as feature_a,
        b.feature as feature_b,
        a.pattern as pattern_a,
        b.pattern as pattern_b,
        {{ inner_product('a.value_vector', 'b.value_vector') }} as sum_products,
        {{ inner_product('a.rank_vector', 'b.rank_vector') }} as sum_rank_products,
    from vectors_numbered as a
    inner join vectors_numbered as b
        on a.feature_number < b.feature_number

),

pairs_correlated as (

    select
        pairs_multiplied.feature_a,
        pairs_multiplied.feature_b,
        {{ correlation_of_sums(
            'a.count_rows', 'a.sum_values', 'b.sum_values', 'a.sum_squares',
            'b.sum_squares', 'pairs_multiplied.sum_products'
        ) }} as correlation,
        {{ correlation_of_sums(
            'a.count_rows', 'a.sum_ranks', 'b.sum_ranks', 'a.sum_rank_squares',
            'b.sum_rank_squares', 'pairs_multiplied.sum_rank_products'
        ) }} as rank_correlation,
        cast(a.count_rows as bigint) as count_rows,
    from pairs_multiplied
    inner join sums_by_pattern as a
        on
            pairs_multiplied.feature_a = a.feature
            and pairs_multiplied.pattern_b = a.pattern
    inner join sums_by_pattern as b
        on
            pairs_multiplied.feature_b = b.feature
            and pairs_multiplied.pattern_a = b.pattern

)

select
    feature_a,
    feature_b,

    case when abs(correlation) > 1 then sign(correlation) else correlation end
        as correlation,
    case
        when abs(rank_correlation) > 1 then sign(rank_correlation)
        else rank_correlation
    end as rank_correlation,
    count_rows,
from pairs_correlated
where
    count_rows >= {{ var('correlation_least_rows') }}
    and greatest(abs(correlation), abs(rank_correlation))
    >= {{ var('correlation_threshold') }}
