-- What changes in the adopted files' columns from one month with files to the next.
-- Names are compared without case, as SQL reads them.
with fields as (

    select
        coin,
        month,
        field_name,
        column_name,
        field_type,
        lower(field_name) as folded_name,
    from {{ ref('stg_lakehouse__adopted_fields') }}

),

files as (

    select
        coin,
        month,
    from {{ ref('stg_lakehouse__adopted_files') }}

),

months_counted as (

    select
        coin,
        month,
        count(*) as count_files,
    from files
    group by coin, month

),

months_lagged as (

    select
        coin,
        month,
        count_files,
        lag(month) over (partition by coin order by month) as previous_month,
    from months_counted

),

columns_read as (

    select
        coin,
        folded_name,
        min(column_name) as column_name,
    from fields
    group by coin, folded_name

),

fields_merged as (

    select
        coin,
        month,
        folded_name,
        {{ distinct_list('field_name') }} as field_names,
        {{ distinct_list('field_type') }} as field_types,
        count(*) as count_files,
    from fields
    group by coin, month, folded_name

),

fields_before as (

    select
        months_lagged.coin,
        months_lagged.month,
        fields_merged.folded_name,
        fields_merged.field_names,
        fields_merged.field_types,
    from months_lagged
    inner join fields_merged
        on
            months_lagged.coin = fields_merged.coin
            and months_lagged.previous_month = fields_merged.month

),

fields_after as (

    select
        months_lagged.coin,
        months_lagged.month,
        fields_merged.folded_name,
        fields_merged.field_names,
        fields_merged.field_types,
        fields_merged.count_files,
        months_lagged.count_files as count_files_of_month,
        months_lagged.previous_month,
    from months_lagged
    inner join fields_merged
        on
            months_lagged.coin = fields_merged.coin
            and months_lagged.month = fields_merged.month

),

fields_compared as (

    select
        coalesce(fields_after.coin, fields_before.coin) as coin,
        coalesce(fields_after.month, fields_before.month) as month,
        coalesce(fields_after.folded_name, fields_before.folded_name) as folded_name,
        fields_before.field_names as names_before,
        fields_after.field_names as names_after,
        fields_before.field_types as types_before,
        fields_after.field_types as types_after,
        fields_after.count_files,
        fields_after.count_files_of_month,
        fields_after.previous_month is not null
        or fields_after.coin is null as has_previous,
    from fields_after
    full outer join fields_before
        on
            fields_after.coin = fields_before.coin
            and fields_after.month = fields_before.month
            and fields_after.folded_name = fields_before.folded_name

),

changes_listed as (

    {%- for change, before, after, condition in [
        ('added', "''", 'types_after', 'has_previous and names_before is null'),
        ('lost', 'types_before', "''", 'names_after is null'),
        ('type_changed', 'types_before', 'types_after', 'types_before <> types_after'),
        ('renamed_case', 'names_before', 'names_after', 'names_before <> names_after'),
        (
            'partial',
            "concat(cast(count_files_of_month as varchar), ' files')",
            "concat(cast(count_files as varchar), ' files')",
            'count_files < count_files_of_month',
        ),
    ] %}
    select
        coin,
        month,
        folded_name,
        coalesce(names_after, names_before) as field_name,
        '{{ change }}' as change,
        {{ before }} as before,
        {{ after }} as after,
    from fields_compared
    where {{ condition }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    changes_listed.coin,
    changes_listed.month,
    changes_listed.field_name,
    changes_listed.change,

    columns_read.column_name,
    changes_listed.before,
    changes_listed.after,
from changes_listed
inner join columns_read
    on
        changes_listed.coin = columns_read.coin
        and changes_listed.folded_name = columns_read.folded_name
