{#
    Rows of the order-flow files that were adopted in place, from the registries
    raw/adopted_files and raw/adopted_columns: one select per coin and kind of
    timestamp, in the contract's names and units. No registry: a typed select of no
    rows. Columns are DOUBLE; what is not a finite number is null.
#}
{% macro order_flow_file_rows() %}
    {%- set groups = adopted_file_groups() -%}
    {%- if groups | length == 0 -%}
        {%- set columns = [
            {'name': 'coin', 'type': 'varchar'},
            {'name': 'file_path', 'type': 'varchar'},
        ] -%}
        {%- for name in order_flow_names() -%}
            {%- do columns.append({'name': name, 'type': 'double'}) -%}
        {%- endfor -%}
        {{ empty_rows(columns + [
            {'name': 'sequence', 'type': 'bigint'},
            {'name': 'event_at', 'type': 'timestamp'},
        ]) }}
    {%- endif -%}
    {%- for group in groups -%}
        {{ order_flow_group_rows(group, loop.index0) }}
        {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor -%}
{% endmacro %}


{#
    sequence orders rows of one event time: the group, the file's place in the sorted
    list, the row's place in the file.
#}
{% macro order_flow_group_rows(group, group_index) %}
    {%- set files = quoted_files(group['paths']) -%}
    {#- Binding a union by name reads every footer: with years of days, seconds. -#}
    {%- set is_alike = parquet_files_are_alike(files) -%}
    {%- set found = parquet_types(files, is_alike) -%}
    {%- set mapping = adopted_column_mapping(group['coin']) -%}
    select
        '{{ group["coin"] | replace("'", "''") }}' as coin,
        filename as file_path,
    {%- for name in order_flow_names() %}
        {%- set same = {'source_column': name, 'scale': 1.0} %}
        {%- set known = mapping.get(name) if mapping else same %}
        {{ finite_number(known, found) }} as {{ name }},
    {%- endfor %}
        cast({{ group_index }} as bigint) * 1000000000000000
        + cast(file_index as bigint) * 1000000000
        + file_row_number as sequence,
        {{ timestamp_of_kind(
            group['timestamp_column'],
            group['timestamp_kind'],
            group['time_zone'],
            found,
        ) }} as event_at,
    from read_parquet(
        {{ files }},
        union_by_name = {{ 'false' if is_alike else 'true' }},
        hive_partitioning = false
    )
{% endmacro %}


{#
    A column of the files as a finite DOUBLE in the contract's unit; a typed null where
    the registry does not know it or no file of the group has it.
    known: {source_column, scale}, or none
#}
{% macro finite_number(known, found) %}
    {%- if known is none or (known['source_column'] | lower) not in found -%}
        cast(null as double)
    {%- else -%}
        {%- set number = 'try_cast(' ~ identifier(known['source_column'])
            ~ ' as double)' -%}
        {%- set scale = ' * cast(' ~ known['scale'] ~ ' as double)' -%}
        case when isfinite({{ number }}) then {{ number }}
        {{- scale if known['scale'] != 1.0 }} end
    {%- endif -%}
{% endmacro %}


{# A file's own column name as an identifier. #}
{% macro identifier(name) -%}
    "{{ name | replace('"', '""') }}"
{%- endmacro %}


{# Naive UTC timestamp of a file's time column, by its declared kind. #}
{% macro timestamp_of_kind(name, kind, zone, found) %}
    {%- set column = identifier(name) -%}
    {%- set microseconds = {'s': 1000000, 'ms': 1000, 'us': 1} -%}
    {%- if kind == 'timestamptz' -%}
        {{ at_utc(column) }}
    {%- elif kind == 'timestamp' and zone in (none, '', 'UTC', 'Etc/UTC') -%}
        cast({{ column }} as timestamp)
    {%- elif kind == 'timestamp' -%}
        cast({{ column }} as timestamp)
        at time zone '{{ zone | replace("'", "''") }}' at time zone 'UTC'
    {%- elif kind == 'ns' -%}
        {{ timestamp_of_us('cast(' ~ column ~ ' as bigint) // 1000') }}
    {%- elif kind in microseconds -%}
        {%- set is_fraction = found.get(name | lower, '') in ('DOUBLE', 'FLOAT') -%}
        {%- if is_fraction -%}
            {{ timestamp_of_us(
                'cast(round(' ~ column ~ ' * ' ~ microseconds[kind] ~ ') as bigint)'
            ) }}
        {%- else -%}
            {{ timestamp_of_us(
                'cast(' ~ column ~ ' as bigint) * ' ~ microseconds[kind]
            ) }}
        {%- endif -%}
    {%- else -%}
        {%- do exceptions.raise_compiler_error(
            "timestamp kind '" ~ kind ~ "' of adopted column " ~ name
            ~ " is unknown; expected timestamp, timestamptz, s, ms, us or ns"
        ) -%}
    {%- endif -%}
{% endmacro %}


{# Adopted files by coin and kind of timestamp, paths sorted; none before execution. #}
{% macro adopted_file_groups() %}
    {%- set groups = [] -%}
    {%- set pattern = data_path('raw/adopted_files/*.parquet') -%}
    {%- if execute and files_matching(pattern) > 0 -%}
        {%- set rows = run_query(
            "select distinct coin, timestamp_column, timestamp_kind,"
            ~ " coalesce(time_zone, 'UTC') as time_zone, file_path"
            ~ " from read_parquet('" ~ pattern ~ "', union_by_name = true,"
            ~ " hive_partitioning = false) order by 1, 2, 3, 4, 5"
        ).rows -%}
        {%- set present = files_present(rows | map(attribute=4) | list) -%}
        {%- for row in rows -%}
            {%- if row[4] not in present -%}
                {%- do exceptions.raise_compiler_error(
                    "adopted order-flow file " ~ row[4] ~ " is gone; expected it where"
                    ~ " it was adopted: put it back or adopt the files again"
                ) -%}
            {%- endif -%}
            {%- set last = groups[-1] if groups else none -%}
            {%- if last is not none and last['key'] == row[0:4] | list -%}
                {%- do last['paths'].append(row[4]) -%}
            {%- else -%}
                {%- do groups.append({
                    'key': row[0:4] | list,
                    'coin': row[0],
                    'timestamp_column': row[1],
                    'timestamp_kind': row[2],
                    'time_zone': row[3],
                    'paths': [row[4]],
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(groups) -}}
{% endmacro %}


{# Contract name to source column and scale, of one coin's adopted files. #}
{% macro adopted_column_mapping(coin) %}
    {%- set mapping = {} -%}
    {%- set pattern = data_path('raw/adopted_columns/*.parquet') -%}
    {%- if execute and files_matching(pattern) > 0 -%}
        {%- set rows = run_query(
            "select column_name, source_column, scale from read_parquet('" ~ pattern
            ~ "', union_by_name = true, hive_partitioning = false) where coin = '"
            ~ (coin | replace("'", "''")) ~ "' order by available_at, column_name"
        ).rows -%}
        {%- for row in rows -%}
            {%- do mapping.update({
                row[0]: {'source_column': row[1], 'scale': row[2] | float(1.0)}
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(mapping) -}}
{% endmacro %}


{#
    Adopted files whose times overlap those of our own recorded books of the coin; none
    before execution. Staging filtered by them reads those files only.
#}
{% macro overlapping_files() %}
    {%- set paths = [] -%}
    {%- set files = data_path('raw/adopted_files/*.parquet') -%}
    {%- set books = data_path('raw/book_snapshots/**/*.parquet') -%}
    {%- if execute and files_matching(files) > 0 and files_matching(books) > 0 -%}
        {%- set rows = run_query(
            "with books as (select coin, min(event_at) as first_at, max(event_at) as"
            ~ " last_at from read_parquet('" ~ books ~ "', union_by_name = true,"
            ~ " hive_partitioning = false) group by coin)"
            ~ " select distinct files.file_path from read_parquet('" ~ files
            ~ "', union_by_name = true, hive_partitioning = false) as files"
            ~ " inner join books on files.coin = books.coin"
            ~ " and files.last_event_at >= books.first_at"
            ~ " and files.first_event_at <= books.last_at + interval '"
            ~ var('agreement_max_age_s') ~ " seconds' order by 1"
        ).rows -%}
        {%- for row in rows -%}
            {%- do paths.append(row[0]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(paths) -}}
{% endmacro %}


{# Bracketed list of quoted texts, for `in`; null where there is none. #}
{% macro text_list(texts) -%}
    (
    {%- for text in texts -%}
        '{{ text | replace("'", "''") }}'
        {%- if not loop.last %}, {% endif -%}
    {%- else -%}
        null
    {%- endfor -%}
    )
{%- endmacro %}
