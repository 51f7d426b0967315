{#
    Coin-days whose adopted files differ from those that `this` was built from, each
    with the files that reach into it and a fingerprint of all that its bars follow
    from: files (path, size, time of change), column mapping, the code of the model, of
    staging and of their macros, and the parameters they name. Only the raw-to-bar layer
    over adopted files is incremental: one month holds millions of rows.

    A file that changed is read again whole, and all its days are built anew: a footer
    cannot prove that old rows stayed as they were. In a lake of one file a day a new
    day costs that day. Late rows need no window: they change the file that holds them.

    Returns a list of {coin, day, fingerprint, paths}, all days on a full build.
#}
{% macro changed_days() %}
    {%- set changed = [] -%}
    {%- set stored = stored_fingerprints() -%}
    {%- for day in fingerprinted_days() -%}
        {%- set before = stored.get(day['coin'] ~ '|' ~ day['day']) -%}
        {#- A day without rows inside its files is not stored; its neighbours are. -#}
        {%- set is_empty = before is none
            and (day['coin'] ~ '|' ~ day['fingerprint']) in stored -%}
        {%- if before != day['fingerprint'] and not is_empty -%}
            {%- do changed.append(day) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(changed) -}}
{% endmacro %}


{# All coin-days that adopted files reach into, with their fingerprints of now. #}
{% macro fingerprinted_days() %}
    {%- set days = [] -%}
    {%- set pattern = data_path('raw/adopted_files/*.parquet') -%}
    {%- if execute and files_matching(pattern) > 0 -%}
        {%- set code = code_behind(model) -%}
        {%- set coins = {} -%}
        {%- for day in adopted_days(pattern) -%}
            {%- if day['coin'] not in coins -%}
                {%- set ground = [adopted_column_mapping(day['coin']), code] -%}
                {%- do coins.update({day['coin']: local_md5(ground | string)}) -%}
            {%- endif -%}
            {%- set facts = [day['facts'], coins[day['coin']]] -%}
            {%- do days.append(dict(day, fingerprint=local_md5(facts | string))) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(days) -}}
{% endmacro %}


{#
    What the model that is being built holds: coin|day to the fingerprint it was built
    with, and coin|fingerprint of each.
#}
{% macro stored_fingerprints() %}
    {%- set stored = {} -%}
    {%- set names = [] -%}
    {%- if is_incremental() -%}
        {%- set columns = adapter.get_columns_in_relation(this) -%}
        {%- set names = columns | map(attribute='name') | list -%}
    {%- endif -%}
    {%- if 'fingerprint' in names and 'day' in names -%}
        {%- for row in run_query(
            "select coin, day, min(fingerprint) from " ~ this
            ~ " where day is not null group by coin, day"
        ).rows -%}
            {%- do stored.update({
                row[0] ~ '|' ~ row[1]: row[2], row[0] ~ '|' ~ row[2]: row[1],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(stored) -}}
{% endmacro %}


{#
    Coin-days that adopted files reach into, by the days of the bars of their first and
    last rows, with the files of each.
#}
{% macro adopted_days(pattern) %}
    {%- set days = [] -%}
    {%- set rows = run_query(
        "with files as (select distinct coin, file_path, size_bytes, modified_at,"
        ~ " date_trunc('day', first_event_at at time zone 'UTC') as first_day,"
        ~ " date_trunc('day', last_event_at at time zone 'UTC') as last_day"
        ~ " from read_parquet('" ~ pattern ~ "', union_by_name = true,"
        ~ " hive_partitioning = false)), spread as (select *, "
        ~ days_between('first_day', 'last_day') ~ " as day from files)"
        ~ " select coin, substr(cast(day as varchar), 1, 10), file_path,"
        ~ " cast(size_bytes as varchar), cast(modified_at as varchar) from spread"
        ~ " order by 1, 2, 3, 4, 5"
    ).rows -%}
    {%- for row in rows -%}
        {%- set last = days[-1] if days else none -%}
        {%- if last is none or last['coin'] != row[0] or last['day'] != row[1] -%}
            {%- do days.append({
                'coin': row[0], 'day': row[1], 'paths': [], 'facts': [],
            }) -%}
        {%- endif -%}
        {%- do days[-1]['paths'].append(row[2]) -%}
        {%- do days[-1]['facts'].append([row[2], row[3], row[4]]) -%}
    {%- endfor -%}
    {{- return(days) -}}
{% endmacro %}


{# Expression that yields one row per day from `first` to `last`, both included. #}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval 1 day))
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 day))
{%- endmacro %}


{#
    Rows for a CTE of the changed days: coin, day, fingerprint; none where nothing
    changed.
#}
{% macro changed_day_rows(changed) %}
    {%- if changed %}
    select
        coin,
        day,
        fingerprint,
    from (
        values
        {%- for day in changed %}
        ('{{ day["coin"] | replace("'", "''") }}', '{{ day["day"] }}',
        '{{ day["fingerprint"] }}'){% if not loop.last %},{% endif %}
        {%- endfor %}
    ) as changed (coin, day, fingerprint)
    {%- else %}
    {{ empty_rows([
        {'name': 'coin', 'type': 'varchar'},
        {'name': 'day', 'type': 'varchar'},
        {'name': 'fingerprint', 'type': 'varchar'},
    ]) }}
    {%- endif %}
{% endmacro %}


{# Condition that keeps the rows of the files that reach into the changed days. #}
{% macro is_in_changed_files(changed) -%}
    {%- set quoted = [] -%}
    {%- for day in changed -%}
        {%- for path in day['paths'] -%}
            {%- do quoted.append("'" ~ (path | replace("'", "''")) ~ "'") -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if quoted -%}
        file_path in ({{ quoted | unique | join(', ') }})
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}


{# Day, as YYYY-MM-DD, of the bar with a given right edge: that of its left edge. #}
{% macro day_of_bar(closed_at) -%}
    substr(cast({{ bar_opened_at(closed_at) }} as varchar), 1, 10)
{%- endmacro %}


{#
    Statement that takes out the bars that no longer follow from the adopted files: of
    days that none reaches into, and of days that were built anew and are empty now.
#}
{% macro delete_superseded_days() %}
    {%- set kept = [] -%}
    {%- for day in fingerprinted_days() -%}
        {%- set key = day['coin'] ~ '|' ~ day['day'] ~ '|' ~ day['fingerprint'] -%}
        {%- do kept.append("'" ~ (key | replace("'", "''")) ~ "'") -%}
    {%- endfor -%}
    delete from {{ this }}
    where {% if kept -%}
        concat(coin, '|', day, '|', fingerprint) not in ({{ kept | join(', ') }})
    {%- else -%}
        true
    {%- endif %}
{% endmacro %}
