{#
    Coin-days of our own recorded rows whose files differ from those that `this` was
    built from. The lake keeps one folder per coin and UTC day; a day's fingerprint
    follows from the files of its folder and of the days before that its rows reach
    back to, from the code of the model and of all upstream, and from the parameters
    they name. A late row, however old, is a new file and so is its day built anew:
    nothing has to be guessed from a window.

    sources: list of (staging relation, days before that are read too); the first one's
        days are built. What the views of these relations read is what counts: a file
        that arrives after staging was built waits for the next build.

    Returns {days, is_all, is_whole, is_changed, fingerprint}. is_whole: a bar spans
    midnight, files stand outside such folders, or no list of them can be told (unit
    tests); then all is built, or nothing, under one fingerprint.
#}
{% macro changed_folders(sources) %}
    {%- set found = fingerprinted_folders(sources) -%}
    {%- set stored = stored_fingerprints() if found['is_told'] else {} -%}
    {%- set changed = [] -%}
    {%- for day in found['days'] -%}
        {%- if stored.get(day['coin'] ~ '|' ~ day['day']) != day['fingerprint'] -%}
            {%- do changed.append(day) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(dict(
        found,
        days=changed,
        is_all=changed | length == found['days'] | length,
        is_changed=whole_is_changed(found, stored),
    )) -}}
{% endmacro %}


{# Whether a table that is built as one whole differs from what is stored. #}
{% macro whole_is_changed(found, stored) %}
    {%- set state = namespace(is_changed=stored | length == 0) -%}
    {%- for key, value in stored.items() -%}
        {#- coin|day to its fingerprint; the reverse entries lead to a day. -#}
        {%- if value | length == 32 and value != found['fingerprint'] -%}
            {%- set state.is_changed = true -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(state.is_changed) -}}
{% endmacro %}


{# All coin-days of the first source, with their fingerprints of now. #}
{% macro fingerprinted_folders(sources) %}
    {#- A bar that spans midnight is no day's own. -#}
    {%- set spans_days = (hours_s(24) | int) % divisor(bar_seconds()) != 0 -%}
    {%- set state = namespace(is_whole=spans_days, is_told=execute) -%}
    {%- set listings = [] -%}
    {%- for source in sources if execute -%}
        {%- set listing = folder_facts(source[0]) -%}
        {%- do listings.append(listing) -%}
        {%- if listing is none or '' in listing -%}
            {%- set state.is_whole = true -%}
        {%- endif -%}
        {%- if listing is none -%}
            {%- set state.is_told = false -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set code = local_md5(code_behind(model)) if execute else '' -%}
    {%- set days = [] -%}
    {%- if execute and not state.is_whole -%}
        {%- for folder in listings[0] | sort -%}
            {%- set facts = [code] -%}
            {%- for source in sources -%}
                {%- set listing = listings[loop.index0] -%}
                {%- for name in folders_before(folder, source[1]) -%}
                    {%- do facts.append([loop.index0, listing.get(name)]) -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- set parts = folder.split('/') -%}
            {%- do days.append({
                'coin': parts[0].replace('coin=', '', 1),
                'day': parts[1].replace('date=', '', 1),
                'folder': folder,
                'fingerprint': local_md5(facts | string),
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set all = [code, listings] if state.is_told else [invocation_id] -%}
    {{- return({
        'is_whole': state.is_whole,
        'is_told': state.is_told,
        'fingerprint': local_md5(all | string),
        'days': days,
    }) -}}
{% endmacro %}


{# A folder and those of so many days before it, latest first. #}
{% macro folders_before(folder, days_before) %}
    {%- set names = [folder] -%}
    {%- set parts = folder.rpartition('=') -%}
    {%- for back in range(1, days_before + 1) -%}
        {%- set day = modules.datetime.datetime.strptime(parts[2], '%Y-%m-%d')
            - modules.datetime.timedelta(days=back) -%}
        {%- do names.append(parts[0] ~ '=' ~ day.strftime('%Y-%m-%d')) -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}


{#
    Facts of the files that a staging view reads, by folder; '' holds those outside a
    folder of coin and day. A part is named by its content; of any other file size and
    time of change stand for it. None where the files cannot be told.
#}
{% macro folder_facts(relation) %}
    {%- set files = files_of_view(relation) -%}
    {%- if files is none -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set plain = [] -%}
    {%- for file in files -%}
        {%- if not modules.re.search('/part-[0-9a-f]{16}\\.parquet$', file) -%}
            {%- do plain.append(file) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set changed_at = file_changes(plain) -%}
    {%- set folders = {} -%}
    {%- for file in files -%}
        {%- set place = modules.re.search(
            'coin=[^/]+/date=\\d{4}-\\d{2}-\\d{2}(?=/[^/]*$)', file
        ) -%}
        {%- set folder = place.group(0) if place else '' -%}
        {%- do folders.setdefault(folder, []).append(
            [file.rpartition('/')[2] if place else file, changed_at.get(file)]
        ) -%}
    {%- endfor -%}
    {{- return(folders) -}}
{% endmacro %}


{# Files that a view of `source_rows` reads, sorted; none where that cannot be told. #}
{% macro files_of_view(relation) %}
    {{- return(adapter.dispatch('files_of_view')(relation)) -}}
{% endmacro %}

{% macro default__files_of_view(relation) %}
    {%- set rows = run_query(
        "select sql from duckdb_views() where view_name = '" ~ relation.identifier
        ~ "' and schema_name = '" ~ relation.schema
        ~ "' and database_name = '" ~ relation.database ~ "'"
    ).rows -%}
    {%- if rows | length != 1 -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set files = [] -%}
    {%- for name in modules.re.findall("'((?:[^']|'')*\\.parquet)'", rows[0][0]) -%}
        {%- do files.append(name | replace("''", "'")) -%}
    {%- endfor -%}
    {{- return(files | sort) -}}
{% endmacro %}

{% macro spark__files_of_view(relation) %}
    {{- return(none) -}}
{% endmacro %}


{# Size and time of change of files, by path. #}
{% macro file_changes(files) %}
    {{- return(adapter.dispatch('file_changes')(files)) -}}
{% endmacro %}

{% macro default__file_changes(files) %}
    {%- set found = {} -%}
    {%- if files -%}
        {%- for row in run_query(
            "select filename, cast(size as varchar), cast(last_modified as varchar)"
            ~ " from read_blob(" ~ quoted_files(files) ~ ")"
        ).rows -%}
            {%- do found.update({row[0]: [row[1], row[2]]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}


{#
    Condition that keeps the rows of changed days, from their folders and from those of
    so many days before. A row outside the day of its folder counts for no day.
#}
{% macro is_in_changed_folders(changed, days_before=0) -%}
    {%- if changed['is_whole'] -%}
        {{ 'true' if changed['is_changed'] else 'false' }}
    {%- elif not changed['days'] -%}
        false
    {%- else -%}
        {%- if not changed['is_all'] -%}
            {%- set folders = [] -%}
            {%- for day in changed['days'] -%}
                {%- do folders.extend(folders_before(day['folder'], days_before)) -%}
            {%- endfor -%}
            lake_folder in {{ text_list(folders | unique | sort) }}
            and {% endif -%}
        {{ day_opened_at('event_at') }} = {{ day_of_folder('lake_folder') }}
    {%- endif -%}
{%- endmacro %}


{# Day, as YYYY-MM-DD, of a moment. #}
{% macro name_of_day(moment) -%}
    substr(cast({{ moment }} as varchar), 1, 10)
{%- endmacro %}


{# Fingerprint of a bar's day: that of the joined day, or that of the whole. #}
{% macro fingerprint_of_day(changed) -%}
    {%- if changed['is_whole'] -%}
        '{{ changed["fingerprint"] }}'
    {%- else -%}
        days_changed.fingerprint
    {%- endif -%}
{%- endmacro %}


{# Join of bars with the days that are built anew; none where all is one whole. #}
{% macro join_days_changed(bars, changed) -%}
    {%- if not changed['is_whole'] -%}
        inner join days_changed
        on
            {{ bars }}.coin = days_changed.coin
            and {{ bars }}.day = days_changed.day
    {%- endif -%}
{%- endmacro %}


{#
    Statement that takes out what no longer follows from the files: days without a
    folder, and of the days that were built anew what is not of this build. Reads them
    from the compiled code, so that a file that changes meanwhile deletes nothing.
#}
{% macro delete_superseded_folders(relation) %}
    {%- set listing = folder_facts(relation) if execute else {} -%}
    {%- set code = (model['compiled_code'] if execute else none) or '' -%}
    {%- set whole = modules.re.search("'([0-9a-f]{32})' as fingerprint", code) -%}
    {%- set built = modules.re.findall(
        "\\('((?:[^']|'')*)', '(\\d{4}-\\d{2}-\\d{2})',\\s*'([0-9a-f]{32})'\\)", code
    ) -%}
    {%- set kept, anew, fresh = [], [], [] -%}
    {%- for folder in listing or [] -%}
        {%- do kept.append(folder) -%}
    {%- endfor -%}
    {%- for coin, day, fingerprint in built -%}
        {%- do anew.append('coin=' ~ coin ~ '/date=' ~ day) -%}
        {%- do fresh.append(fingerprint) -%}
    {%- endfor -%}
    {%- set folder_of_row = "concat('coin=', coin, '/date=', day)" -%}
    delete from {{ this }}
    where
    {%- if whole %} fingerprint is distinct from '{{ whole.group(1) }}'
    {%- else %}
        {{ folder_of_row }} not in {{ text_list(kept) if kept else "('')" }}
        or (
            {{ folder_of_row }} in {{ text_list(anew) if anew else "('')" }}
            and fingerprint not in {{ text_list(fresh) if fresh else "('')" }}
        )
    {%- endif %}
{% endmacro %}
