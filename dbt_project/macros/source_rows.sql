{#
    Select the parquet files that a glob matches, typed; else a typed select of no
    rows, so that a fresh clone and any subset of sources build.

    relative_glob: path below the data directory, e.g. 'raw/candles/**/*.parquet'
    columns: ordered list of {'name': ..., 'type': ...}; a column that no file has
        is a typed null. Timestamps come out as naive UTC.
    with_folder: add lake_folder, the coin and UTC day that the path names, and let a
        filter on it pass over the other files
#}
{% macro source_rows(relative_glob, columns, with_folder=false) %}
    {%- set pattern = data_path(relative_glob) -%}
    {%- set files = files_counted(pattern) if execute else [] -%}
    {%- if files -%}
        {{ parquet_rows(quoted_files(files), columns, with_folder) }}
    {%- else -%}
        {%- set folder = [{'name': 'lake_folder', 'type': 'varchar'}] -%}
        {{ empty_rows(columns + (folder if with_folder else [])) }}
    {%- endif -%}
{% endmacro %}


{# Path below the data directory, quotes doubled for use inside a SQL string. #}
{% macro data_path(relative_path) %}
    {%- set root = env_var('SOLALPHA_DATA_DIR', 'data') -%}
    {{- return((root ~ '/' ~ relative_path) | replace("'", "''")) -}}
{% endmacro %}


{% macro files_matching(pattern) %}
    {{- return(adapter.dispatch('files_matching')(pattern)) -}}
{% endmacro %}

{% macro default__files_matching(pattern) %}
    {%- set found = run_query("select count(*) from glob('" ~ pattern ~ "')") -%}
    {{- return(found.columns[0].values()[0] | int) -}}
{% endmacro %}


{# Those of a list of paths that exist, to true, by one question for thousands. #}
{% macro files_present(paths) %}
    {{- return(adapter.dispatch('files_present')(paths)) -}}
{% endmacro %}

{% macro default__files_present(paths) %}
    {%- set found = {} -%}
    {%- if paths -%}
        {%- set rows = run_query("select file from glob(" ~ quoted_files(paths) ~ ")") -%}
        {%- for row in rows.rows -%}
            {%- do found.update({row[0]: true}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}


{#
    Paths that a pattern matches and that count, sorted: in a folder that holds a
    sealed day.parquet or month.parquet only that one does. A list, not the pattern, so
    that a folder sealed between two reads of one build is not read twice.
#}
{% macro files_counted(pattern) %}
    {{- return(adapter.dispatch('files_counted')(pattern)) -}}
{% endmacro %}

{% macro default__files_counted(pattern) %}
    {%- set found = run_query("select file from glob('" ~ pattern ~ "') order by 1") -%}
    {%- set sealed_names = ['day.parquet', 'month.parquet'] -%}
    {%- set sealed = {} -%}
    {%- for row in found.rows -%}
        {%- set parts = row[0].rpartition('/') -%}
        {%- if parts[2] in sealed_names -%}
            {%- do sealed.update({parts[0]: true}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set files = [] -%}
    {%- for row in found.rows -%}
        {%- set parts = row[0].rpartition('/') -%}
        {%- if parts[2] in sealed_names or parts[0] not in sealed -%}
            {%- do files.append(row[0]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(files) -}}
{% endmacro %}


{# A bracketed list of quoted paths, one path a line. #}
{% macro quoted_files(files) %}
    {%- set quoted = [] -%}
    {%- for file in files -%}
        {%- do quoted.append("'" ~ (file | replace("'", "''")) ~ "'") -%}
    {%- endfor -%}
    {{- return("[" ~ quoted | join(",\n        ") ~ "]") -}}
{% endmacro %}


{#
    Names (lower case) and types of the columns that a parquet path or list has.
    is_alike: the files are known to have the same ones, so that one footer tells.
#}
{% macro parquet_types(files, is_alike=false) %}
    {{- return(adapter.dispatch('parquet_types')(files, is_alike)) -}}
{% endmacro %}

{% macro default__parquet_types(files, is_alike) %}
    {%- set found = {} -%}
    {%- set described = run_query(
        "describe select * from read_parquet(" ~ files ~ ", union_by_name = "
        ~ ('false' if is_alike else 'true') ~ ", hive_partitioning = false)"
    ) -%}
    {%- for row in described.rows -%}
        {%- do found.update({row[0] | lower: row[1] | upper}) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{# files: a quoted path, or a bracketed list of quoted paths. #}
{% macro parquet_rows(files, columns, with_folder=false) %}
    {#- Files are passed over only where their columns need not be brought together. -#}
    {%- set is_alike = with_folder and parquet_files_are_alike(files) -%}
    {%- set found = parquet_types(files, is_alike) -%}
    select
    {%- for column in columns %}
        {{ typed_column(
            column['name'], column['type'], found.get(column['name'] | lower)
        ) }}
        as {{ column['name'] }},
    {%- endfor %}
    {%- if with_folder %}
        {{ folder_of_file() }} as lake_folder,
    {%- endif %}
    from read_parquet(
        {{ files }},
        union_by_name = {{ 'false' if is_alike else 'true' }},
        hive_partitioning = false
    )
{% endmacro %}


{# Whether parquet files have the same columns of the same types. #}
{% macro parquet_files_are_alike(files) %}
    {{- return(adapter.dispatch('parquet_files_are_alike')(files)) -}}
{% endmacro %}

{% macro default__parquet_files_are_alike(files) %}
    {%- set found = run_query(
        "with fields as (select file_name, name, duckdb_type from parquet_schema("
        ~ files ~ ") where num_children is null), columns as (select name,"
        ~ " count(distinct file_name) as count_files,"
        ~ " count(distinct coalesce(duckdb_type, '')) as count_types"
        ~ " from fields group by name)"
        ~ " select coalesce(max(count_types) = 1 and min(count_files)"
        ~ " = (select count(distinct file_name) from fields), false) from columns"
    ) -%}
    {{- return(found.columns[0].values()[0] | string | lower == 'true') -}}
{% endmacro %}

{% macro spark__parquet_files_are_alike(files) %}
    {{- return(false) -}}
{% endmacro %}


{# Folder of coin and UTC day that a row's file stands in; '' where it has none. #}
{% macro folder_of_file() -%}
    {{ return(adapter.dispatch('folder_of_file')()) }}
{%- endmacro %}

{% macro default__folder_of_file() -%}
    regexp_extract(filename, 'coin=[^/]+/date=\d{4}-\d{2}-\d{2}', 0)
{%- endmacro %}

{% macro spark__folder_of_file() -%}
    regexp_extract(
        _metadata.file_path, 'coin=[^/]+/date=\\d{4}-\\d{2}-\\d{2}', 0
    )
{%- endmacro %}


{# Midnight UTC of the day that such a folder is of; null where there is none. #}
{% macro day_of_folder(folder) -%}
    try_cast(substr({{ folder }}, greatest(length({{ folder }}) - 9, 1)) as timestamp)
{%- endmacro %}


{# A column of `found_type` (none: the file lacks it) as `type`. #}
{% macro typed_column(name, type, found_type) %}
    {%- if found_type is none -%}
        cast(null as {{ type }})
    {%- elif type | lower == 'timestamp' and 'ZONE' in found_type -%}
        {{ at_utc('"' ~ name ~ '"') }}
    {%- elif type | lower == 'timestamp' and found_type.startswith('TIMESTAMPTZ') -%}
        {{ at_utc('"' ~ name ~ '"') }}
    {%- else -%}
        cast("{{ name }}" as {{ type }})
    {%- endif -%}
{% endmacro %}


{% macro empty_rows(columns) %}
    select
    {%- for column in columns %}
        cast(null as {{ column['type'] }}) as {{ column['name'] }},
    {%- endfor %}
    where false
{% endmacro %}


{# Columns that every raw table ends with, for the list given to source_rows. #}
{% macro raw_columns(columns) %}
    {{- return(columns + [
        {'name': 'event_at', 'type': 'timestamp'},
        {'name': 'available_at', 'type': 'timestamp'},
        {'name': 'source', 'type': 'varchar'},
        {'name': 'origin', 'type': 'varchar'},
        {'name': 'ingest_id', 'type': 'varchar'},
    ]) -}}
{% endmacro %}


{# Raw table that a channel of the venue's stream is recorded into. #}
{% macro recorded_table(channel) -%}
    case {{ channel }}
        when 'trades' then 'trades'
        when 'activeAssetCtx' then 'asset_contexts'
        else 'book_snapshots'
    end
{%- endmacro %}
