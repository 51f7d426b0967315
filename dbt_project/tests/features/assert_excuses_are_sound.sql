-- An excuse from the guards is a reason in words, or the names of other features.
{%- set found = [] %}
{%- for feature in feature_catalog() %}
    {%- for excuse in ['may_be_constant', 'may_be_null'] %}
        {%- set reason = feature[excuse] %}
        {%- if reason is not none and (reason is not string or reason | length < 10) %}
            {%- do found.append(
                feature.name ~ ': meta.' ~ excuse ~ ' is ' ~ reason
                ~ ', expected a reason in words'
            ) %}
        {%- endif %}
    {%- endfor %}
    {%- for other in feature.same_as %}
        {%- if other == feature.name or other not in feature_names() %}
            {%- do found.append(
                feature.name ~ ': meta.same_as names ' ~ other
                ~ ', expected another feature'
            ) %}
        {%- endif %}
    {%- endfor %}
{%- endfor %}
{{ violation_rows(found) }}
