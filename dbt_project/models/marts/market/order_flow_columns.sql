-- How far each column of the order-flow contract is there in the adopted files, by
-- their footers: no row is read.
with known_columns as (

    {%- for column in order_flow_columns() %}
    select
        '{{ column["name"] }}' as column_name,
        'contract' as kind,
        {{ loop.index }} as position,
    union all
    {%- endfor %}
    {%- for name in trade_flow_columns() %}
    select
        '{{ name }}' as column_name,
        'trades' as kind,
        {{ (order_flow_columns() | length) + loop.index }} as position,
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

files as (

    select
        coin,
        month,
        count_rows,
    from {{ ref('stg_lakehouse__adopted_files') }}

),

coins_counted as (

    select
        coin,
        count(distinct month) as count_months,
        sum(count_rows) as count_rows,
    from files
    group by coin

),

fields as (

    select
        coin,
        month,
        column_name,
        count_rows,
        count_nulls,
    from {{ ref('stg_lakehouse__adopted_fields') }}
    where column_name is not null

),

fields_counted as (

    select
        coin,
        column_name,
        count(distinct month) as count_months,
        case when count(*) = count(count_nulls) then sum(count_rows - count_nulls) end
            as count_known,
        min(month) as first_month,
        max(month) as last_month,
    from fields
    group by coin, column_name

),

mapping as (

    select
        coin,
        column_name,
        source_column,
        scale,
    from {{ ref('stg_lakehouse__adopted_columns') }}

)

select
    coins_counted.coin,
    known_columns.column_name,

    known_columns.kind,
    mapping.source_column,
    fields_counted.first_month,
    fields_counted.last_month,

    known_columns.position,
    mapping.scale,
    cast(coins_counted.count_months as bigint) as count_months,
    cast(coalesce(fields_counted.count_months, 0) as bigint) as count_months_present,
    case
        when fields_counted.column_name is null then 0.0e0
        else {{ safe_divide(
            'cast(fields_counted.count_known as double)', 'coins_counted.count_rows'
        ) }}
    end as non_null_share,

    mapping.column_name is not null as is_present,
from coins_counted
cross join known_columns
left join fields_counted
    on
        coins_counted.coin = fields_counted.coin
        and known_columns.column_name = fields_counted.column_name
left join mapping
    on
        coins_counted.coin = mapping.coin
        and known_columns.column_name = mapping.column_name
