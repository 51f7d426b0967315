-- A public model says its grain, when its rows are known, and what identifies them;
-- its contract is enforced and its key tested. Nobody can read a table that says less.
{%- set found = [] %}
{%- set keys_tested = {} %}
{%- if execute %}
    {%- for node in graph.nodes.values() %}
        {%- if node.resource_type == 'test' and node.test_metadata %}
            {%- if node.test_metadata.name == 'unique_key' %}
                {%- set columns = node.test_metadata.kwargs.columns %}
                {%- do keys_tested.update({node.attached_node: columns | list}) %}
            {%- endif %}
        {%- endif %}
    {%- endfor %}
{%- endif %}
{%- for node in public_models() %}
    {%- set meta = node.config.meta %}
    {%- set key = meta.key or [] %}
    {%- if not node.config.contract.enforced %}
        {%- do found.append(node.name ~ ': contract is not enforced') %}
    {%- endif %}
    {%- if not node.description.startswith('One row') %}
        {%- do found.append(
            node.name ~ ': description does not begin with its grain'
        ) %}
    {%- endif %}
    {%- if meta.causality not in ['causal', 'label', 'summary'] %}
        {%- do found.append(node.name ~ ': meta.causality is ' ~ meta.causality) %}
    {%- elif meta.causality != 'summary' and meta.known_at_column not in node.columns %}
        {%- do found.append(node.name ~ ': meta.known_at_column is no column of it') %}
    {%- endif %}
    {%- if key | length == 0 %}
        {%- do found.append(node.name ~ ': meta.key is missing') %}
    {%- elif key | reject('in', node.columns) | list %}
        {%- do found.append(node.name ~ ': meta.key names a column it lacks') %}
    {%- elif keys_tested.get(node.unique_id, []) | sort != key | sort %}
        {%- do found.append(node.name ~ ': no unique_key test on its meta.key') %}
    {%- endif %}
{%- endfor %}
{{ violation_rows(found) }}
