-- Every public column has a type, a description and a role; a feature also says its
-- unit, its group, the raw table and the author it comes from, the experiments that
-- read it and the bars it needs before its first value.
{%- set found = [] %}
{%- set words = [
    'unit', 'feature_group', 'source_table', 'source', 'experiments', 'warmup_bars',
] %}
{%- set roles = ['key', 'feature', 'label', 'weight', 'audit'] %}
{%- for node in public_models() %}
    {%- for column in node.columns.values() %}
        {%- set name = node.name ~ '.' ~ column.name %}
        {%- set meta = column.config.meta if column.config else {} %}
        {%- if not column.data_type %}
            {%- do found.append(name ~ ': data_type is missing') %}
        {%- endif %}
        {%- if not column.description %}
            {%- do found.append(name ~ ': description is missing') %}
        {%- endif %}
        {%- if meta.role not in roles %}
            {%- do found.append(name ~ ': meta.role is ' ~ meta.role) %}
        {%- endif %}
        {%- if meta.role == 'feature' %}
            {%- for word in words %}
                {%- if meta.get(word) is none %}
                    {%- do found.append(name ~ ': feature without meta.' ~ word) %}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
    {%- endfor %}
{%- endfor %}
{{ violation_rows(found) }}
