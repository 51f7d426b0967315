{#
    The features in the order of their YAML, the one list of them: per feature `name`,
    `feature_group` and `source_table`. Empty while dbt parses, when the graph is not
    there yet.
#}
{% macro feature_catalog() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set node = graph.nodes['model.' ~ project_name ~ '.features'] -%}
        {%- for column in node.columns.values() -%}
            {%- set meta = column.config.meta -%}
            {%- if meta.role == 'feature' -%}
                {%- do found.append({
                    'name': column.name,
                    'feature_group': meta.feature_group,
                    'source_table': meta.source_table,
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}


{% macro feature_names() -%}
    {{- return(feature_catalog() | map(attribute='name') | list) -}}
{%- endmacro %}
