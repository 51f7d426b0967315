{# Rows of one text column, `violation`: none when the list is empty. #}
{% macro violation_rows(violations) %}
    {%- for violation in violations %}
    select '{{ violation | replace("'", "''") }}' as violation
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as varchar) as violation
    where false
    {%- endfor %}
{% endmacro %}


{# The project's own public models; empty while dbt parses, when there is no graph. #}
{% macro public_models() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() -%}
            {%- if node.resource_type == 'model' and node.access == 'public' -%}
                {%- do found.append(node) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}


{#
    Unique ids of everything that a node reads, directly or through other nodes. A list
    grows while it is walked, so each id is visited once.
#}
{% macro nodes_upstream(node) -%}
    {%- set found = node.depends_on.nodes | unique | list -%}
    {%- for unique_id in found -%}
        {%- if unique_id in graph.nodes -%}
            {%- for parent in graph.nodes[unique_id].depends_on.nodes -%}
                {%- if parent not in found -%}
                    {%- do found.append(parent) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
