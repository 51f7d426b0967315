{#
    Refuse a name after --vars that is no parameter, which dbt itself ignores, and any
    parameter out of its range, from --vars or from dbt_project.yml. Called before the
    first model of every command that builds or tests. Another project that uses this
    one as a package has names of its own.
#}
{% macro require_parameters() %}
    {%- if execute -%}
        {%- set found = values_out_of_range() -%}
        {%- if project_name == model.package_name -%}
            {%- set found = names_unknown() + found -%}
        {%- endif -%}
        {%- if found -%}
            {%- do exceptions.raise_compiler_error(found | join('; ')) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# Every parameter by name, with the range that _macros_parameters.yml gives it. #}
{% macro parameter_ranges() -%}
    {%- set found = {} -%}
    {%- for range in context['parameter_ranges'].macro.config.meta['ranges'] -%}
        {%- for name in range.names -%}
            {%- do found.update({name: range}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{# One text for each name after --vars that is no parameter. #}
{% macro names_unknown() -%}
    {%- set known = parameter_ranges() -%}
    {%- set found = [] -%}
    {%- for name in invocation_args_dict.get('vars', {}) if name not in known -%}
        {%- set near = nearest_name(name, known) -%}
        {%- do found.append(
            "--vars: parameter '" ~ name ~ "' is unknown; expected one of the vars in "
            ~ "dbt_project.yml" ~ (", perhaps " ~ near if near)
        ) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{# One text for each parameter whose value, wherever it was given, is out of range. #}
{% macro values_out_of_range() -%}
    {%- set given = invocation_args_dict.get('vars', {}) -%}
    {%- set found = [] -%}
    {%- for name, range in parameter_ranges().items() -%}
        {%- set value = var(name, none) -%}
        {%- if not is_within(value, range) -%}
            {%- do found.append(
                ('--vars' if name in given else 'dbt_project.yml') ~ ': parameter '
                ~ name ~ ' is ' ~ value ~ '; expected ' ~ range.expected
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{#
    Whether a value lies in a range. A number may come as text: YAML takes 2e-08, as
    JSON writes it, for one.
#}
{% macro is_within(value, range) -%}
    {%- if range.is_text -%}
        {{- return(value is string) -}}
    {%- endif -%}
    {%- set number = value | float(none) if value is not boolean else none -%}
    {%- if number is none or number - number != 0 -%}
        {{- return(false) -}}
    {%- endif -%}
    {{- return(
        not (range.is_whole and number != number | int)
        and not (range.least is defined and number < range.least)
        and not (range.above is defined and number <= range.above)
        and not (range.most is defined and number > range.most)
        and not (range.divides is defined and range.divides % number != 0)
    ) -}}
{%- endmacro %}


{# The name that shares most pairs of letters with a mistyped one, if most of them. #}
{% macro nearest_name(name, names) -%}
    {%- set pairs = letter_pairs(name) -%}
    {%- set best = namespace(name='', share=0.5) -%}
    {%- for other in names -%}
        {%- set others = letter_pairs(other) -%}
        {%- set both = pairs | select('in', others) | list | length -%}
        {%- set share = 2 * both / ((pairs | length) + (others | length)) -%}
        {%- if share > best.share -%}
            {%- set best.name = other -%}
            {%- set best.share = share -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(best.name) -}}
{%- endmacro %}


{# Each letter of a name with the one after it, the last one alone. #}
{% macro letter_pairs(name) -%}
    {%- set found = [] -%}
    {%- for first in name | string -%}
        {%- do found.append(first ~ (loop.nextitem | default(''))) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{# A divisor; 1 while dbt parses, which is before any parameter has been judged. #}
{% macro divisor(value) -%}
    {{- return(value if execute else 1) -}}
{%- endmacro %}
