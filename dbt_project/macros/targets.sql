{#
    Refuse the target `daily` with numbers that are not daily: its tables would hold
    hourly bars under a daily name. A variable cannot follow the target by itself, since
    dbt renders no Jinja there. Called before the first model of every command that
    builds or tests.
#}
{% macro require_daily_bars() %}
    {%- set daily = {'bar_minutes': 1440, 'bars_per_year': 365} -%}
    {%- for name, wanted in daily.items() -%}
        {%- if execute and target.name == 'daily' and var(name) | int != wanted -%}
            {%- do exceptions.raise_compiler_error(
                "target daily needs daily bars: found " ~ name ~ " " ~ var(name)
                ~ ", expected " ~ wanted ~ "; type `solalpha build --target daily`, or "
                ~ "give dbt --vars '{bar_minutes: 1440, label_horizon_bars: 1, "
                ~ "decide_every_bars: 1, bars_per_year: 365}'"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
