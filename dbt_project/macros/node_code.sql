{#
    All that decides what a model makes of the same rows: its own code, that of every
    model upstream and of every macro that these use, and the parameters they name.
    Empty where dbt gives no graph: while it parses and in unit tests.
#}
{% macro code_behind(node) -%}
    {%- set code = [] -%}
    {%- if execute and graph.nodes is defined -%}
        {%- set macro_ids = node.depends_on.macros | list -%}
        {%- do code.append(node.raw_code) -%}
        {%- for unique_id in nodes_upstream(node) | sort -%}
            {%- if unique_id in graph.nodes -%}
                {%- set parent = graph.nodes[unique_id] -%}
                {%- do code.append(parent.raw_code) -%}
                {%- do macro_ids.extend(parent.depends_on.macros) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do code.extend(code_of_macros(macro_ids)) -%}
        {%- set text = code | join('\n') -%}
        {%- set names = modules.re.findall("\\bvar\\(\\s*['\"](\\w+)", text) -%}
        {%- for name in names | unique | sort -%}
            {%- do code.append(name ~ ' = ' ~ var(name)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(code | join('\n')) -}}
{%- endmacro %}


{# Code of the project's macros of that list and of all that they use, by name. #}
{% macro code_of_macros(unique_ids) -%}
    {%- set found = unique_ids | unique | list -%}
    {%- set code = [] -%}
    {%- for unique_id in found -%}
        {%- if unique_id.startswith('macro.' ~ project_name ~ '.') -%}
            {%- set used = context[unique_id.split('.')[-1]].macro -%}
            {%- do code.append(used.name ~ used.macro_sql) -%}
            {%- for other in used.depends_on.macros -%}
                {%- if other not in found -%}
                    {%- do found.append(other) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(code | sort) -}}
{%- endmacro %}
