-- A causal table may not read, directly or through other models, a table that changes
-- once later rows arrive: labels, final bars, summaries.
{%- set found = [] %}
{%- for node in public_models() %}
    {%- if node.config.meta.causality == 'causal' %}
        {%- for unique_id in nodes_upstream(node) %}
            {%- set upstream = graph.nodes.get(unique_id) %}
            {%- set causality = upstream.config.meta.causality if upstream %}
            {%- if causality in ['label', 'summary'] %}
                {%- do found.append(
                    node.name ~ ': causal, but reads ' ~ upstream.name ~ ', a '
                    ~ causality ~ ' model'
                ) %}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
{%- endfor %}
{{ violation_rows(found) }}
