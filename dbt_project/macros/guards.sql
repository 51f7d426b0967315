{#
    What a build refuses of a feature, and what its YAML may excuse:
      may_be_constant: <reason>    one value is right for some data, and why
      may_be_null: <reason>        no value at all is right for some data, and why
      same_as: [feature, ...]      features that it may equal
    A lake with fewer than `guard_least_bars` warm bars of a feature is not judged, nor
    are statistics within a bar where so few bars hold more than one row of order flow:
    the last of one row is its mean, its deviation 0, and it has no slope.
#}

{#
    Names of statistics within a bar, which say nothing of a bar of one row: what the
    contract of order flow keeps beside a mean, and features of other names whose meta
    says `is_within_bar: true`.
#}
{% macro features_within_bar() -%}
    {%- set statistics = [] -%}
    {%- for measure in order_flow_measures() -%}
        {%- for statistic in measure['statistics'] -%}
            {%- if
                statistic in ['deviation', 'slope', 'extreme']
                or (statistic == 'last' and 'mean' in measure['statistics'])
            -%}
            {%- do statistics.append(measure['name'] ~ '_' ~ statistic) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for feature in feature_catalog() -%}
        {%- if feature.is_within_bar or feature.name in statistics -%}
            {%- do found.append(feature.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{#
    Select of what the guards judge: the features of the traded coin's warm bars, of
    which statistics within a bar are null unless the bar holds more than one row.
#}
{% macro features_judged() %}
    {%- set within = features_within_bar() %}
    select
        {%- for feature in feature_names() %}
        {%- if feature in within %}
        case when order_flow.count_rows > 1 then features.{{ feature }} end
            as {{ feature }},
        {%- else %}
        features.{{ feature }},
        {%- endif %}
        {%- endfor %}
        coalesce(order_flow.count_rows > 1, false) as has_several_rows,
        features.bar_closed_at,
    from {{ ref('features') }} as features
    left join {{ ref('int_order_flow_aggregated_to_bars') }} as order_flow
        on
            features.coin = order_flow.coin
            and features.bar_closed_at = order_flow.bar_closed_at
    where
        features.coin = '{{ var("trade_coin") }}'
        and features.is_warm
{% endmacro %}


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
