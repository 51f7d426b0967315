{#
    Latest row known at each bar's decision: a select with coin, bar_closed_at, the
    values and <age_column>, one row per row of `bars`, to be used as a CTE body.

    bars: relation or CTE with coin, bar_closed_at
    rows: relation or CTE with coin, event_at, available_at and the values; one row
        per coin and event_at
    values: names of the columns to carry; all come from the same row
    age_column: name of the age of that row, seconds from event_at to bar_closed_at
    max_age_s: from an age above it the values are null
    includes_edge: true where an event at the right edge belongs to the bar

    A row may be read by a bar when its event lies in or before the bar and it was
    available at the decision; a late row that is older than one already known
    changes nothing.
#}
{% macro as_of_bar(bars, rows, values, age_column, max_age_s, includes_edge=false) %}
    {%- set closing = bar_closed_at_edge if includes_edge else bar_closed_at -%}
    {%- set known -%}
(
        select
            coin,
            first_bar_closed_at,
            event_at,
            {%- for value in values %}
            {{ value }},
            {%- endfor %}
        from (
            select
                coin,
                first_bar_closed_at,
                event_at,
                {%- for value in values %}
                {{ value }},
                {%- endfor %}
                max(event_at) over (
                    partition by coin
                    order by first_bar_closed_at
                    rows between unbounded preceding and 1 preceding
                ) as newest_event_at,
            from (
                select
                    coin,
                    event_at,
                    {%- for value in values %}
                    {{ value }},
                    {%- endfor %}
                    greatest(
                        {{ closing('event_at') }},
                        {{ bar_first_deciding('available_at') }}
                    ) as first_bar_closed_at,
                from {{ rows }}
            )
            qualify
                row_number() over (
                    partition by coin, first_bar_closed_at order by event_at desc
                ) = 1
        )
        where newest_event_at is null or event_at > newest_event_at
    )
    {%- endset -%}
    select
        grid.coin,
        grid.bar_closed_at,
        {%- for value in values %}
        case
            when
                {{ seconds_between('known.event_at', 'grid.bar_closed_at') }}
                <= {{ max_age_s }}
                then known.{{ value }}
        end as {{ value }},
        {%- endfor %}
        {{ seconds_between('known.event_at', 'grid.bar_closed_at') }}
            as {{ age_column }},
    from {{ bars }} as grid
    {{ as_of_join(
        'grid', known, 'known', ['coin'], 'bar_closed_at', 'first_bar_closed_at'
    ) }}
{% endmacro %}
