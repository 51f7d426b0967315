{#
    Query of when the newest row of a raw table could first be read, for
    `dbt source freshness`: null, which dbt tells as very old, where nothing is stored.
#}
{% macro last_available(relative_glob) %}
    select max(available_at) as last_available_at
    from (
        {{ source_rows(
            relative_glob, [{'name': 'available_at', 'type': 'timestamp'}]
        ) }}
    ) as raw_rows
{% endmacro %}


{# The same of adopted order flow, whose rows stay in their files: their last moment. #}
{% macro last_adopted() %}
    select max(last_event_at) as last_available_at
    from (
        {{ source_rows(
            'raw/adopted_files/*.parquet', [{'name': 'last_event_at', 'type': 'timestamp'}]
        ) }}
    ) as raw_rows
{% endmacro %}
