{#
    Names of a bar's order-flow statistics, in order: <column>_<statistic> for every
    statistic of every measure of a row.
#}
{% macro order_flow_statistic_names() -%}
    {%- set names = [] -%}
    {%- for column in order_flow_measures() -%}
        {%- for statistic in column['statistics'] -%}
            {%- do names.append(column['name'] ~ '_' ~ statistic) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#
    Select list of the scaled whole numbers that the statistics add up, one of each
    measure with a deviation or a slope: <measure>_whole. A step of its own, so that a
    value is scaled once for its four sums.
    only_own: those of columns that our own books give.
#}
{% macro order_flow_whole_numbers(measures, only_own) %}
    {%- for measure in measures if is_summed_whole(measure, only_own) %}
    {%- set name = measure['name'] %}
    {%- set digits = whole_digits(measure) %}
    {% if is_around_zero(measure) -%}
        {{ whole_number_that_fits(name, digits) }}
    {%- else -%}
        {{ whole_number_within(name, digits, '1e' ~ (16 - digits)) }}
    {%- endif %} as {{ name }}_whole,
    {%- endfor %}
{% endmacro %}

{% macro is_summed_whole(measure, only_own) -%}
    {%- set kept = measure['statistics'] -%}
    {%- set is_given = measure['is_own'] or not only_own -%}
    {{ return(is_given and ('deviation' in kept or 'slope' in kept)) }}
{%- endmacro %}


{#
    Measures around zero: their squares may be rounded, one by one, to 53 bits, for the
    mean is not far larger than the deviation. Prices and sizes are squared exactly.
#}
{% macro is_around_zero(measure) -%}
    {{ return(measure['unit'] in ['ratio', 'fraction', 'flag']) }}
{%- endmacro %}


{#
    Decimals of a measure's whole number. Around zero four more, so that what fits 64
    bits needs no other bound: 922 for a ratio, 9.2 for a fraction of fifteen decimals.
#}
{% macro whole_digits(measure) -%}
    {%- if is_around_zero(measure) -%}
        {{ return([measure['digits'] + 4, 18] | min) }}
    {%- endif -%}
    {{ return(measure['digits']) }}
{%- endmacro %}


{#
    What a measure's statistics follow from, as part to aggregate, over rows that have
    order_key, moment_us (from the middle of the bar) and the whole numbers above. Each
    is taken once; 128-bit products, which cost four times what 64-bit numbers do, only
    of prices and sizes.
#}
{% macro order_flow_sums(measure, only_own) -%}
    {%- set name = measure['name'] -%}
    {%- set kept = measure['statistics'] -%}
    {%- set whole = name ~ '_whole' -%}
    {%- set digits = whole_digits(measure) -%}
    {%- set sums = {} -%}
    {%- if is_summed_whole(measure, only_own) -%}
        {%- do sums.update({
            'total': 'sum(' ~ whole ~ ')',
            'count': 'count(' ~ whole ~ ')',
            'squares': sum_of_rounded_squares(whole) if is_around_zero(measure)
                else 'sum(' ~ exact_product(whole, whole) ~ ')',
        }) -%}
    {%- endif -%}
    {%- if 'slope' in kept -%}
        {%- set missed = 'sum(case when ' ~ whole ~ ' is null then ' -%}
        {%- set square = exact_product('moment_us', 'moment_us') -%}
        {%- set scale = moment_scale(measure) -%}
        {%- do sums.update({
            'products': sum_of_rounded_products(whole, 'moment_us', scale),
            'missed_moments': missed ~ 'moment_us end)',
            'missed_squares': missed ~ square ~ ' end)',
        }) -%}
    {%- endif -%}
    {%- if 'extreme' in kept -%}
        {%- set bound = '(' ~ measure['bound'] ~ ' * 1e' ~ digits ~ ')' -%}
        {%- do sums.update({
            'extremes': 'count_if(abs(cast(' ~ whole ~ ' as double)) >= ' ~ bound ~ ')'
        }) -%}
    {%- endif -%}
    {%- if 'mean' in kept and 'total' not in sums -%}
        {%- do sums.update({'mean': order_free_mean(name, measure['digits'])}) -%}
    {%- endif -%}
    {%- if 'last' in kept -%}
        {%- do sums.update({'last': last_by(name, 'order_key')}) -%}
    {%- endif -%}
    {{ return(sums) }}
{%- endmacro %}


{#
    What a moment is multiplied by before it meets a whole number: the product must
    stay within 64 bits, so that half a bar is 1/2 where the whole number may fill them
    and 256 where it stays below 1e16.
#}
{% macro moment_scale(measure) -%}
    {%- set half_us = bar_seconds() * 500000 -%}
    {{ return((0.5 if is_around_zero(measure) else 256) / divisor(half_us)) }}
{%- endmacro %}


{#
    Select list of those sums, <measure>_<part>, and of the moments of all rows: a step
    of its own, after which the statistics are arithmetic over few rows.
#}
{% macro order_flow_summed(measures) %}
    sum(moment_us) as moments,
    sum({{ exact_product('moment_us', 'moment_us') }}) as moment_squares,
    {%- for measure in measures %}
    {%- for part, sum in order_flow_sums(measure, false).items() %}
    {{ sum }} as {{ measure['name'] }}_{{ part }},
    {%- endfor %}
    {%- endfor %}
{% endmacro %}


{#
    Select list of what two statistics of a measure share: all sums, and
    <measure>_spread, _moments and _width. Another step, so that the text stays short:
    planning it is most of the time that one new day takes.
#}
{% macro order_flow_centred(measures) %}
    {%- for measure in measures %}
    {%- set parts = order_flow_parts(measure) %}
    {%- for name in parts.values() if name not in ['moments', 'moment_squares'] %}
    {{ name }},
    {%- endfor %}
    {%- for part, expression in order_flow_shared(measure, parts).items() %}
    {{ expression }} as {{ measure['name'] }}_{{ part }},
    {%- endfor %}
    {%- endfor %}
{% endmacro %}


{# Names of a measure's sums, by part. #}
{% macro order_flow_parts(measure) -%}
    {%- set parts = {'moments': 'moments', 'moment_squares': 'moment_squares'} -%}
    {%- for part in order_flow_sums(measure, false) -%}
        {%- do parts.update({part: measure['name'] ~ '_' ~ part}) -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}


{# Expressions of a measure that statistics share, by part, from its sums. #}
{% macro order_flow_shared(measure, parts) -%}
    {%- set shared = {} -%}
    {%- set digits = whole_digits(measure) -%}
    {%- if 'squares' in parts -%}
        {%- set sums = [parts['count'], parts['total'], parts['squares'], digits] -%}
        {%- do shared.update({
            'spread': spread_of_rounded_squares(*sums) if is_around_zero(measure)
                else spread_of_exact_squares(*sums)
        }) -%}
    {%- endif -%}
    {%- if 'products' in parts -%}
        {%- do shared.update({
            'known_moments': known_moments(parts), 'width': width_of_moments(parts),
        }) -%}
    {%- endif -%}
    {{ return(shared) }}
{%- endmacro %}


{# Select list of the statistics, <measure>_<statistic>, over rows of all those. #}
{% macro order_flow_statistics_of_sums(measures) %}
    {%- for measure in measures %}
    {%- set parts = order_flow_parts(measure) %}
    {%- for part in order_flow_shared(measure, parts) %}
        {%- do parts.update({part: measure['name'] ~ '_' ~ part}) %}
    {%- endfor %}
    {%- for statistic in measure['statistics'] %}
    {{ order_flow_statistic(measure, statistic, parts) }}
        as {{ measure['name'] }}_{{ statistic }},
    {%- endfor %}
    {%- endfor %}
{% endmacro %}


{#
    Select list of the statistics in one step, over the rows themselves.
    only_own: typed nulls for columns that our own books do not give.
#}
{% macro order_flow_statistics(only_own, measures=none) %}
    {%- for measure in measures or order_flow_measures() %}
    {%- set parts = order_flow_sums(measure, only_own) %}
    {%- do parts.update({
        'moments': 'sum(moment_us)',
        'moment_squares': 'sum(' ~ exact_product('moment_us', 'moment_us') ~ ')',
    }) %}
    {%- do parts.update(order_flow_shared(measure, parts)) %}
    {%- for statistic in measure['statistics'] %}
    {%- if only_own and not measure['is_own'] %}
    cast(null as double)
    {%- else %}
    {{ order_flow_statistic(measure, statistic, parts) }}
    {%- endif %} as {{ measure['name'] }}_{{ statistic }},
    {%- endfor %}
    {%- endfor %}
{% endmacro %}


{# A statistic of a measure from its sums, given as part to expression. #}
{% macro order_flow_statistic(measure, statistic, parts) -%}
    {%- set digits = whole_digits(measure) -%}
    {%- if statistic == 'mean' and 'total' in parts -%}
        (
            cast({{ parts['total'] }} as double)
            / nullif({{ parts['count'] }}, 0) / 1e{{ digits }}
        )
    {%- elif statistic in ['mean', 'last'] -%}
        {{ parts[statistic] }}
    {%- elif statistic == 'deviation' -%}
        sqrt({{ parts['spread'] }} / nullif({{ parts['count'] }}, 0))
    {%- elif statistic == 'slope' -%}
        {{ slope_of_sums(parts, digits, moment_scale(measure)) }}
    {%- else -%}
        {{ safe_divide(
            'cast(' ~ parts['extremes'] ~ ' as double)', parts['count']
        ) }}
    {%- endif -%}
{%- endmacro %}
