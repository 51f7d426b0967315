-- What is asked of the data and what it gives: the paper's ten, the columns of the
-- lakehouse, and every feature, so that a model trained without a source knows it and
-- whoever lacks one reads what to ingest. The rows come from the list of features in
-- the YAML and from the contract of order flow.
{%- set catalog = feature_catalog() %}
{%- set context_fields = [] %}
{%- for feature in catalog if feature.source_table == 'asset_contexts' %}
    {%- for field in feature.source_fields %}
        {%- if '.' not in field and field not in context_fields %}
            {%- do context_fields.append(field) %}
        {%- endif %}
    {%- endfor %}
{%- endfor %}
{%- set text = 'varchar' %}
with features as (

    select
        {%- for feature in feature_names() %}
        {{ feature }},
        {%- endfor %}
        coin,
    from {{ ref('features') }}
    where
        coin = '{{ var("trade_coin") }}'
        and is_warm

),

order_flow_bars as (

    select
        coin,
        source,
        {%- for column in order_flow_columns() if column.statistics %}
        {{ column.name }}_{{ column.statistics[0] }},
        {%- endfor %}
        count_rows,
    from {{ ref('int_order_flow_aggregated_to_bars') }}
    where coin = '{{ var("trade_coin") }}'

),

asset_contexts as (

    select
        coin,
        available_at,
        {%- for field in context_fields %}
        {{ field }},
        {%- endfor %}
    from {{ ref('stg_hyperliquid__asset_contexts') }}
    where coin = '{{ var("trade_coin") }}'

),

bars_priced as (

    select
        volume,
        bar_closed_at,
    from {{ ref('bars') }}
    where
        coin = '{{ var("trade_coin") }}'
        and has_price

),

sources_met as (

    {%- for source in feature_sources() %}
    select distinct
        '{{ source.name }}' as source_table,
        {{ source.moment }} as bar_closed_at,
    from {{ source.relation }}
    where
        coin = '{{ source.coin }}'
        and {{ source.condition }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

sources_named as (

    {{ rows_listed([
        {'name': 'source_table', 'type': text},
        {'name': 'remedy', 'type': text},
    ], source_remedies()) }}

),

-- A stretch of bars that a source meets without a hole. Rates may be settled every
-- eight hours, so fewer hours between two of them are none.
source_bars as (

    select
        sources_met.source_table,
        coalesce({{ seconds_between(
            'lag(sources_met.bar_closed_at) over sources', 'sources_met.bar_closed_at'
        ) }} > case
            when sources_met.source_table = 'funding_rates'
                then {{ [bar_seconds(), hours_s(8)] | max }}
            else {{ bar_seconds() }}
        end, true) as is_start,
        sources_met.bar_closed_at,
    from sources_met
    inner join bars_priced
        on sources_met.bar_closed_at = bars_priced.bar_closed_at
    window sources as (
        partition by sources_met.source_table order by sources_met.bar_closed_at
    )

),

source_bars_numbered as (

    select
        source_table,
        count(case when is_start then 1 end) over (
            partition by source_table
            order by bar_closed_at
            rows between unbounded preceding and current row
        ) as stretch_number,
        bar_closed_at,
    from source_bars

),

source_stretches as (

    select
        source_table,
        stretch_number,
        1 + {{ seconds_between('min(bar_closed_at)', 'max(bar_closed_at)') }}
        / {{ bar_seconds() }} as count_bars,
    from source_bars_numbered
    group by source_table, stretch_number

),

sources_counted as (

    select
        sources_named.source_table,
        sources_named.remedy,
        count(bars_priced.bar_closed_at) as count_source_bars,
    from sources_named
    left join sources_met
        on sources_named.source_table = sources_met.source_table
    left join bars_priced
        on sources_met.bar_closed_at = bars_priced.bar_closed_at
    group by sources_named.source_table, sources_named.remedy

),

-- Bars in which the order flow has a column, by where it came from. Quotes stand in
-- every row; other columns are counted by their first statistic.
order_flow_counted as (

    select
        case when source = 'lakehouse' then 'lakehouse' else 'book_snapshots' end
            as source_table,
        {%- for column in order_flow_columns() %}
        {%- if column.statistics %}
        count({{ column.name }}_{{ column.statistics[0] }}) as {{ column.name }},
        {%- else %}
        count(count_rows) as {{ column.name }},
        {%- endif %}
        {%- endfor %}
    from order_flow_bars
    group by case when source = 'lakehouse' then 'lakehouse' else 'book_snapshots' end

),

order_flow_listed as (

    {{ columns_listed('order_flow_counted', order_flow_names(), ['source_table']) }}

),

columns_found as (

    select
        feature as column_name,
        cast(sum(feature_value) as bigint) as count_bars,
        cast(
            sum(case when source_table = 'lakehouse' then feature_value end) as bigint
        ) as count_adopted_bars,
    from order_flow_listed
    group by feature

),

contexts_counted as (

    select
        'asset_contexts' as source_table,
        count(*) as count_rows,
        {%- for field in context_fields %}
        count({{ field }}) as {{ field }},
        {%- endfor %}
    from asset_contexts

),

contexts_listed as (

    {{ columns_listed('contexts_counted', context_fields, ['source_table']) }}

),

fields_found as (

    select
        'order_flow' as source_table,
        column_name as field,
    from columns_found
    where count_bars > 0
    union all
    select
        'lakehouse' as source_table,
        column_name as field,
    from columns_found
    where count_adopted_bars > 0
    union all
    select
        'book_snapshots' as source_table,
        column_name as field,
    from columns_found
    where count_bars - coalesce(count_adopted_bars, 0) > 0
    -- Trades are judged against the quotes of our own books.
    union all
    select
        'trades' as source_table,
        column_name as field,
    from columns_found
    where count_bars - coalesce(count_adopted_bars, 0) > 0
    union all
    select
        'asset_contexts' as source_table,
        feature as field,
    from contexts_listed
    where feature_value > 0
    union all
    select distinct
        'bars' as source_table,
        'volume' as field,
    from bars_priced
    where volume is not null
    union all
    select distinct
        'funding_rates' as source_table,
        'funding_rate' as field,
    from sources_met
    where source_table = 'funding_rates'

),

-- What a feature reads of its source, or of another one: <table>.<field>.
fields_read as (

    {%- set rows = [] %}
    {%- for feature in catalog %}
        {%- set judged = ['order_flow', 'lakehouse', 'book_snapshots'] %}
        {%- if feature.source_table in judged %}
            {%- for field in feature.source_columns %}
                {%- do rows.append([feature.name, feature.source_table, field]) %}
            {%- endfor %}
        {%- endif %}
        {%- for field in feature.source_fields %}
            {%- set place = (
                field if '.' in field else feature.source_table ~ '.' ~ field
            ).split('.') %}
            {%- do rows.append([feature.name, place[0], place[1]]) %}
        {%- endfor %}
    {%- endfor %}
    {{ rows_listed([
        {'name': 'feature', 'type': text},
        {'name': 'source_table', 'type': text},
        {'name': 'field', 'type': text},
    ], rows) }}

),

fields_missing as (

    select
        fields_read.feature,
        {{ distinct_list('fields_read.field') }} as missing_columns,
    from fields_read
    left join fields_found
        on
            fields_read.source_table = fields_found.source_table
            and fields_read.field = fields_found.field
    where fields_found.field is null
    group by fields_read.feature

),

features_described as (

    {%- set rows = [] %}
    {%- for feature in catalog %}
        {%- do rows.append([
            feature.name, feature.feature_group, feature.source_table,
            feature.warmup_bars if feature.warmup_bars is not none
            else var('warmup_bars'),
        ]) %}
    {%- endfor %}
    {{ rows_listed([
        {'name': 'feature', 'type': text},
        {'name': 'feature_group', 'type': text},
        {'name': 'source_table', 'type': text},
        {'name': 'warmup_bars', 'type': 'bigint'},
    ], rows) }}

),

-- Bars at which a feature ought to be known: those of each stretch after its warm-up.
features_expected as (

    select
        features_described.feature,
        cast(sum(
            greatest(source_stretches.count_bars - features_described.warmup_bars, 0)
        ) as bigint) as count_expected_bars,
    from features_described
    inner join source_stretches
        on features_described.source_table = source_stretches.source_table
    group by features_described.feature

),

values_counted as (

    select
        'count' as aggregate,
        {%- for feature in feature_names() %}
        count({{ feature }}) as {{ feature }},
        {%- endfor %}
    from features

),

values_listed as (

    {{ columns_listed('values_counted', feature_names(), ['aggregate']) }}

),

bars_counted as (

    select count(*) as count_rows,
    from features

),

order_flow_origin as (

    select
        count(case when source = 'lakehouse' then 1 end) as count_adopted_bars,
        count(case when count_rows > 1 then 1 end) as count_several_rows,
    from order_flow_bars

),

features_listed as (

    select
        features_described.feature,
        features_described.feature_group,
        features_described.source_table,
        case
            when values_listed.feature_value = 0 then 'missing'
            when
                features_described.source_table = 'order_flow'
                and order_flow_origin.count_adopted_bars = 0
                then 'derived'
            else 'present'
        end as status,
        fields_missing.missing_columns,
        sources_counted.remedy as source_remedy,
        case
            when
                order_flow_origin.count_several_rows = 0
                and {{ text_is_among(
                    'features_described.feature', features_within_bar()
                ) }}
                then
                    'ingest order flow of more than one row a bar: one row has no '
                    || 'slope, a deviation of 0, and its mean as last value'
            else
                'ingest a longer history: '
                || cast(features_described.warmup_bars as varchar)
                || ' bars without a gap come first'
        end as rows_remedy,
        features_described.warmup_bars,
        bars_counted.count_rows,
        cast(values_listed.feature_value as bigint) as count_non_null,
        sources_counted.count_source_bars,
        coalesce(features_expected.count_expected_bars, 0) as count_expected_bars,
        sources_counted.count_source_bars > 0 as is_source_present,
    from features_described
    cross join bars_counted
    cross join order_flow_origin
    left join values_listed
        on features_described.feature = values_listed.feature
    left join sources_counted
        on features_described.source_table = sources_counted.source_table
    left join features_expected
        on features_described.feature = features_expected.feature
    left join fields_missing
        on features_described.feature = fields_missing.feature

),

paper_listed as (

    {{ rows_listed([
        {'name': 'requirement_name', 'type': text},
        {'name': 'feature', 'type': text},
        {'name': 'transcription', 'type': text},
    ], paper_requirements()) }}

),

lakehouse_listed as (

    {{ rows_listed([{'name': 'column_name', 'type': text}], order_flow_rows()) }}

),

columns_counted as (

    select
        lakehouse_listed.column_name,
        case
            when columns_found.count_adopted_bars > 0 then 'present'
            when columns_found.count_bars > 0 then 'derived'
            else 'missing'
        end as status,
        coalesce(columns_found.count_bars, 0) as count_bars,
    from lakehouse_listed
    left join columns_found
        on lakehouse_listed.column_name = columns_found.column_name

),

requirements_unioned as (

    select
        'paper' as requirement,
        paper_listed.requirement_name,
        paper_listed.feature,
        features_listed.feature_group,
        features_listed.source_table,
        coalesce(features_listed.status, 'missing') as status,
        features_listed.missing_columns,
        coalesce(features_listed.source_remedy, 'no feature of this name exists')
            as source_remedy,
        features_listed.rows_remedy,
        features_listed.warmup_bars,
        features_listed.count_rows,
        features_listed.count_non_null,
        features_listed.count_source_bars,
        features_listed.count_expected_bars,
        features_listed.is_source_present,
    from paper_listed
    left join features_listed
        on paper_listed.feature = features_listed.feature
    union all
    select
        'lakehouse' as requirement,
        columns_counted.column_name as requirement_name,
        cast(null as varchar) as feature,
        cast(null as varchar) as feature_group,
        case columns_counted.status
            when 'derived' then 'book_snapshots'
            else 'lakehouse'
        end as source_table,
        columns_counted.status,
        case when columns_counted.status = 'missing' then columns_counted.column_name
        end as missing_columns,
        sources_counted.remedy as source_remedy,
        cast(null as varchar) as rows_remedy,
        cast(null as bigint) as warmup_bars,
        features_listed.count_source_bars as count_rows,
        columns_counted.count_bars as count_non_null,
        sources_counted.count_source_bars,
        cast(null as bigint) as count_expected_bars,
        sources_counted.count_source_bars > 0 as is_source_present,
    from columns_counted
    left join sources_counted
        on sources_counted.source_table = 'lakehouse'
    left join features_listed
        on features_listed.feature = 'close'
    union all
    select
        'feature' as requirement,
        feature as requirement_name,
        feature,
        feature_group,
        source_table,
        status,
        missing_columns,
        source_remedy,
        rows_remedy,
        warmup_bars,
        count_rows,
        count_non_null,
        count_source_bars,
        count_expected_bars,
        is_source_present,
    from features_listed

)

select
    requirement,
    requirement_name,

    feature,
    feature_group,
    source_table,
    status,
    missing_columns,
    case
        when status <> 'missing' then null
        when not coalesce(is_source_present, false) then source_remedy
        when missing_columns is not null and source_table in ('order_flow', 'lakehouse')
            then 'name a source for ' || missing_columns || ' in the mapping file'
        when missing_columns is not null
            then 'ingest a source that has ' || missing_columns
        else rows_remedy
    end as remedy,

    warmup_bars,
    count_source_bars,
    count_expected_bars,
    coalesce(count_rows, 0) as count_rows,
    coalesce(count_non_null, 0) as count_non_null,
    1 - {{ safe_divide(
        'cast(count_non_null as double)', 'count_rows'
    ) }} as null_share,

    coalesce(is_source_present, false) as is_source_present,
from requirements_unioned
