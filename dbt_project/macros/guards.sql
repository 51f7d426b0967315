{#
    What a build refuses of a feature, and what its YAML may excuse:
      may_be_constant: <reason>    one value is right for some data, and why
      may_be_null: <reason>        no value at all is right for some data, and why
      same_as: [feature, ...]      features that it may equal
    A lake with fewer than `guard_least_bars` warm bars of a feature is not judged.
#}

{# Names of features that may be constant: those whose meta gives a reason. #}
{% macro features_that_may_be_constant() -%}
    {%- set found = [] -%}
    {%- for feature in feature_catalog() if feature.may_be_constant -%}
        {%- do found.append(feature.name) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{#
    Names of features that may have no value beside their source: those that say so,
    and comparisons with the benchmark where the coin traded is the benchmark itself.
#}
{% macro features_that_may_be_null() -%}
    {%- set is_benchmark = var('trade_coin') == var('benchmark_coin') -%}
    {%- set found = [] -%}
    {%- for feature in feature_catalog() -%}
        {%- if
            feature.may_be_null
            or (is_benchmark and feature.feature_group == 'cross_asset')
        -%}
        {%- do found.append(feature.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{# Condition: the pair of the columns feature_a and feature_b may be equal. #}
{% macro pair_may_be_equal() -%}
    {%- set found = [] -%}
    {%- for feature in feature_catalog() -%}
        {%- for other in feature.same_as -%}
            {%- do found.append(feature.name ~ ' ' ~ other) -%}
            {%- do found.append(other ~ ' ' ~ feature.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ text_is_among("feature_a || ' ' || feature_b", found) }}
{%- endmacro %}


{# Condition: a text is one of a list that may be empty. #}
{% macro text_is_among(value, texts) -%}
    {%- if texts -%}
    {{ value }} in (
        {%- for text in texts %}
        '{{ text }}'
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    )
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}
