-- Do the adopted columns say what our own recordings say? Correlation, ratio of mean
-- sizes and share of pairs within a tolerance, over the overlap of both. Sums are of
-- whole numbers, so that no order of rows moves a bit.
{%- set own_columns = order_flow_columns() | selectattr('is_own') | list %}
{%- set ratio = var('agreement_max_scale') %}
with coins as (

    select distinct coin,
    from {{ ref('stg_lakehouse__adopted_files') }}

),

pairs as (

    select
        coin,
        {%- for column in own_columns %}
        adopted_{{ column['name'] }},
        own_{{ column['name'] }},
        {%- endfor %}
    from {{ ref('int_order_flow_paired_to_snapshots') }}

),

own_columns as (

    {%- for column in own_columns %}
    select
        '{{ column["name"] }}' as column_name,
        {{ loop.index }} as position,
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

values_listed as (

    {%- for column in own_columns %}
    {%- set adopted = 'adopted_' ~ column['name'] %}
    {%- set own = 'own_' ~ column['name'] %}
    select
        coin,
        '{{ column["name"] }}' as column_name,
        {{ adopted }} as adopted_value,
        {{ own }} as own_value,
        {{ scaled_integer('abs(' ~ adopted ~ ')', column['digits']) }} as adopted_size,
        {{ scaled_integer('abs(' ~ own ~ ')', column['digits']) }} as own_size,
        {{ unscaled('1.0e0', column['digits']) }} as size_unit,
        {{ 'true' if column['is_price'] else 'false' }} as is_price,
    from pairs
    where
        {{ adopted }} is not null
        and {{ own }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

values_scaled as (

    select
        coin,
        column_name,
        adopted_value,
        own_value,
        adopted_size,
        own_size,
        {{ scaled_integer(
            safe_divide('adopted_value', 'max(abs(adopted_value)) over of_column'), 9
        ) }} as adopted_units,
        {{ scaled_integer(
            safe_divide('own_value', 'max(abs(own_value)) over of_column'), 9
        ) }} as own_units,
        case
            when is_price
                then {{ var('agreement_price_tolerance') }} * abs(own_value)
            else
                {{ var('agreement_tolerance') }} * size_unit
                * cast(sum(own_size) over of_column as double)
                / count(*) over of_column
        end as tolerance,
    from values_listed
    window of_column as (partition by coin, column_name)

),

columns_summed as (

    select
        coin,
        column_name,
        count(*) as count_pairs,
        sum(adopted_units) as sum_adopted,
        sum(own_units) as sum_own,
        sum({{ exact_product('adopted_units', 'adopted_units') }})
            as sum_adopted_squared,
        sum({{ exact_product('own_units', 'own_units') }}) as sum_own_squared,
        sum({{ exact_product('adopted_units', 'own_units') }}) as sum_product,
        sum(adopted_size) as adopted_size,
        sum(own_size) as own_size,
        count(*) filter (where abs(adopted_value - own_value) <= tolerance)
            as count_within,
    from values_scaled
    group by coin, column_name

),

columns_measured as (

    select
        coin,
        column_name,
        count_pairs,
        {{ safe_divide(
            'cast(count_pairs * sum_product - sum_adopted * sum_own as double)',
            'sqrt(cast(count_pairs * sum_adopted_squared - sum_adopted * sum_adopted'
            ~ ' as double)) * sqrt(cast(count_pairs * sum_own_squared'
            ~ ' - sum_own * sum_own as double))'
        ) }} as correlation,
        {{ safe_divide(
            'cast(adopted_size as double)', 'cast(own_size as double)'
        ) }} as scale_ratio,
        cast(count_within as double) / count_pairs as share_within_tolerance,
    from columns_summed

),

columns_judged as (

    select
        coins.coin,
        own_columns.column_name,
        own_columns.position,
        coalesce(columns_measured.count_pairs, 0) as count_pairs,
        case
            when columns_measured.correlation is not null
                then least(1, greatest(-1, columns_measured.correlation))
        end as correlation,
        columns_measured.scale_ratio,
        columns_measured.share_within_tolerance,
        coalesce(
            columns_measured.correlation < {{ var('agreement_min_correlation') }}, false
        ) as is_uncorrelated,
        coalesce(
            columns_measured.scale_ratio > {{ ratio }}
            or columns_measured.scale_ratio * {{ ratio }} < 1,
            false
        ) as is_scaled,
        coalesce(
            columns_measured.share_within_tolerance < {{ var('agreement_min_share') }},
            false
        ) as is_apart,
    from coins
    cross join own_columns
    left join columns_measured
        on
            coins.coin = columns_measured.coin
            and own_columns.column_name = columns_measured.column_name

)

select
    coin,
    column_name,

    case
        when count_pairs = 0 then 'no pairs'
        when count_pairs < {{ var('agreement_min_pairs') }} then 'too few pairs'
        when is_uncorrelated and is_scaled then 'correlation and scale'
        when is_uncorrelated then 'correlation'
        when is_scaled then 'scale'
        when is_apart then 'tolerance'
        else 'agrees'
    end as reason,

    cast(position as integer) as position,
    cast(count_pairs as bigint) as count_pairs,
    correlation,
    scale_ratio,
    share_within_tolerance,

    count_pairs >= {{ var('agreement_min_pairs') }}
    and (is_uncorrelated or is_scaled or is_apart) as is_barred,
from columns_judged
