{#
    The features in the order of their YAML, the one list of them: per feature `name`,
    `feature_group`, `source_table` and the order-flow columns that it follows from. Empty where dbt gives no graph: while it parses
    and in unit tests, which need no features to count labels.
#}
{% macro feature_catalog() -%}
    {%- set found = [] -%}
    {%- if execute and graph.nodes is defined -%}
        {%- set node = graph.nodes['model.' ~ project_name ~ '.features'] -%}
        {%- for column in node.columns.values() -%}
            {%- set meta = column.config.meta -%}
            {%- if meta.role == 'feature' -%}
                {%- do found.append({
                    'name': column.name,
                    'feature_group': meta.feature_group,
                    'source_table': meta.source_table,
                    'source_columns': meta.get('source_columns', []),
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}


{% macro feature_names() -%}
    {{- return(feature_catalog() | map(attribute='name') | list) -}}
{%- endmacro %}
