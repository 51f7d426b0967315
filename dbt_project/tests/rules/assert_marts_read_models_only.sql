-- Raw files enter through staging alone: nothing in marts reads a source or a file.
{%- set found = [] %}
{%- if execute %}
    {%- for node in graph.nodes.values() %}
        {%- if node.resource_type == 'model' and 'marts' in node.fqn %}
            {%- for unique_id in node.depends_on.nodes %}
                {%- if unique_id.startswith('source.') %}
                    {%- do found.append(node.name ~ ': reads ' ~ unique_id) %}
                {%- endif %}
            {%- endfor %}
            {%- for word in ['source_rows', 'read_parquet', 'read_csv', 'data_path'] %}
                {%- if word ~ '(' in node.raw_code %}
                    {%- do found.append(node.name ~ ': reads files by ' ~ word) %}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
    {%- endfor %}
{%- endif %}
{{ violation_rows(found) }}
