{#
    A small table written out: columns are {'name': ..., 'type': ...}, rows are lists of
    values, texts unquoted; none is null. No rows give a typed select of none.
#}
{% macro rows_listed(columns, rows) -%}
    {%- if not rows -%}
        {{ empty_rows(columns) }}
    {%- else -%}
    select
        {%- for column in columns %}
        cast({{ column.name }} as {{ column.type }}) as {{ column.name }},
        {%- endfor %}
    from (
        values
        {%- for row in rows %}
        (
            {%- for value in row -%}
                {{ sql_literal(value) }}
                {%- if not loop.last %}, {% endif -%}
            {%- endfor -%}
        ){% if not loop.last %},{% endif %}
        {%- endfor %}
    ) as listed ({{ columns | map(attribute='name') | join(', ') }})
    {%- endif -%}
{%- endmacro %}


{# A value as SQL writes it: texts in quotes, true, false, null and numbers bare. #}
{% macro sql_literal(value) -%}
    {%- if value is none -%}
        null
    {%- elif value is string -%}
        '{{ value | replace("'", "''") }}'
    {%- else -%}
        {{ value | lower }}
    {%- endif -%}
{%- endmacro %}
