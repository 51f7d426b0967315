{#
    The features in the order of their YAML, the one list of them, each with what its
    meta says; texts are on one line. Empty where dbt gives no graph: while it parses
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
                    'source_fields': meta.get('source_fields', []),
                    'unit': meta.unit,
                    'source': meta.get('source', ''),
                    'description': column.description.split() | join(' '),
                    'experiments': meta.get('experiments', []),
                    'standing': feature_standing(meta),
                    'warmup_bars': meta.get('warmup_bars'),
                    'may_be_constant': meta.get('may_be_constant'),
                    'may_be_null': meta.get('may_be_null'),
                    'same_as': meta.get('same_as', []),
                    'is_within_bar': meta.get('is_within_bar', false),
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}


{#
    'model' for a feature that an experiment reads. Of the others, 'level' for what is
    told in dollars and moves with the price, else 'candidate', which an ablation may
    try; `status` in a feature's meta wins.
#}
{% macro feature_standing(meta) -%}
    {%- if meta.get('experiments', []) -%}
        {{- return('model') -}}
    {%- endif -%}
    {{- return(meta.get('status', 'level' if meta.unit == 'usd' else 'candidate')) -}}
{%- endmacro %}


{% macro feature_names() -%}
    {{- return(feature_catalog() | map(attribute='name') | list) -}}
{%- endmacro %}
