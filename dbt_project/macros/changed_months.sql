{#
    Coin-months whose adopted files differ from those that `this` was built from, each
    with the files that reach into it and a fingerprint of all that its bars follow
    from: files (path, size, time of change), column mapping, the code of the model, of
    staging and of their macros, and the parameters they name. Only the raw-to-bar layer over adopted files is incremental: files stay as
    they are for months, and one month holds millions of rows.

    Returns a list of {coin, month, fingerprint, paths}, all months on a full build.
#}
{% macro changed_months() %}
    {%- set changed = [] -%}
    {%- set pattern = data_path('raw/adopted_files/*.parquet') -%}
    {%- if execute and files_matching(pattern) > 0 -%}
        {%- set stored = stored_fingerprints() -%}
        {%- set code = code_behind(model) -%}
        {%- for month in adopted_months(pattern) -%}
            {%- set facts = [
                month['facts'], adopted_column_mapping(month['coin']), code,
            ] -%}
            {%- set fingerprint = local_md5(facts | string) -%}
            {%- set key = month['coin'] ~ '|' ~ month['month'] -%}
            {%- if stored.get(key) != fingerprint -%}
                {%- do changed.append({
                    'coin': month['coin'],
                    'month': month['month'],
                    'fingerprint': fingerprint,
                    'paths': month['paths'],
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(changed) -}}
{% endmacro %}


{# Coin|month to the fingerprint it was built with, of the model that is being built. #}
{% macro stored_fingerprints() %}
    {%- set stored = {} -%}
    {%- set names = [] -%}
    {%- if is_incremental() -%}
        {%- set columns = adapter.get_columns_in_relation(this) -%}
        {%- set names = columns | map(attribute='name') | list -%}
    {%- endif -%}
    {%- if 'fingerprint' in names -%}
        {%- for row in run_query(
            "select coin, month, min(fingerprint) from " ~ this
            ~ " group by coin, month"
        ).rows -%}
            {%- do stored.update({row[0] ~ '|' ~ row[1]: row[2]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(stored) -}}
{% endmacro %}


{#
    Coin-months that adopted files reach into, by the months of the bars of their first
    and last rows, with the files of each.
#}
{% macro adopted_months(pattern) %}
    {%- set months = [] -%}
    {%- set rows = run_query(
        "with files as (select distinct coin, file_path, size_bytes, modified_at,"
        ~ " date_trunc('month', first_event_at at time zone 'UTC') as first_month,"
        ~ " date_trunc('month', last_event_at at time zone 'UTC') as last_month"
        ~ " from read_parquet('" ~ pattern ~ "', union_by_name = true,"
        ~ " hive_partitioning = false)), spread as (select *, "
        ~ months_between('first_month', 'last_month') ~ " as month from files)"
        ~ " select coin, strftime(month, '%Y-%m'), file_path, size_bytes,"
        ~ " cast(modified_at as varchar) from spread order by 1, 2, 3, 4, 5"
    ).rows -%}
    {%- for row in rows -%}
        {%- set last = months[-1] if months else none -%}
        {%- if last is none or last['coin'] != row[0] or last['month'] != row[1] -%}
            {%- do months.append({
                'coin': row[0], 'month': row[1], 'paths': [], 'facts': [],
            }) -%}
        {%- endif -%}
        {%- do months[-1]['paths'].append(row[2]) -%}
        {%- do months[-1]['facts'].append([row[2], row[3] | string, row[4]]) -%}
    {%- endfor -%}
    {{- return(months) -}}
{% endmacro %}


{# Expression that yields one row per month from `first` to `last`, both included. #}
{% macro months_between(first, last) -%}
    {{ return(adapter.dispatch('months_between')(first, last)) }}
{%- endmacro %}

{% macro default__months_between(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval 1 month))
{%- endmacro %}

{% macro spark__months_between(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 month))
{%- endmacro %}


{#
    Rows for a CTE of the changed months: coin, month, fingerprint; none where nothing
    changed.
#}
{% macro changed_month_rows(changed) %}
    {%- for month in changed %}
    select
        '{{ month["coin"] | replace("'", "''") }}' as coin,
        '{{ month["month"] }}' as month,
        '{{ month["fingerprint"] }}' as fingerprint
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- if not changed %}
    {{ empty_rows([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'month', 'type': 'varchar'},
        {'name': 'fingerprint', 'type': 'varchar'},
    ]) }}
    {%- endif %}
{% endmacro %}


{# Condition that keeps the rows of the files that reach into the changed months. #}
{% macro is_in_changed_files(changed) -%}
    {%- set quoted = [] -%}
    {%- for month in changed -%}
        {%- for path in month['paths'] -%}
            {%- do quoted.append("'" ~ (path | replace("'", "''")) ~ "'") -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if quoted -%}
        file_path in ({{ quoted | unique | join(', ') }})
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}


{# Month, as YYYY-MM, of the bar with a given right edge: that of its left edge. #}
{% macro month_of_bar(closed_at) -%}
    substr(cast({{ bar_opened_at(closed_at) }} as varchar), 1, 7)
{%- endmacro %}


{# Statement that takes out the months whose files are no longer adopted. #}
{% macro delete_dropped_months() %}
    {%- set pattern = data_path('raw/adopted_files/*.parquet') -%}
    {%- set kept = [] -%}
    {%- if execute and files_matching(pattern) > 0 -%}
        {%- for month in adopted_months(pattern) -%}
            {%- set key = month['coin'] ~ '|' ~ month['month'] -%}
            {%- do kept.append("'" ~ (key | replace("'", "''")) ~ "'") -%}
        {%- endfor -%}
    {%- endif -%}
    delete from {{ this }}
    where {% if kept -%}
        concat(coin, '|', month) not in ({{ kept | join(', ') }})
    {%- else -%}
        true
    {%- endif %}
{% endmacro %}
