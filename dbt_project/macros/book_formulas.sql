{#
    Expressions over one wide book snapshot. Terms are added from the best level down,
    in one fixed order, so that the same book gives the same bits everywhere. Levels
    that are absent count as no size; a side without levels gives null.
    side: 'bid' or 'ask'; depth: levels from the best.
#}
{% macro book_size(side, level) -%}
    cast({{ side }}_size_{{ level }}_base as double)
{%- endmacro %}

{% macro book_price(side, level) -%}
    cast({{ side }}_price_{{ level }} as double)
{%- endmacro %}


{# Base units within `depth` levels; null where the side is empty. #}
{% macro book_volume(side, depth) -%}
    nullif(
        {%- for level in range(1, depth + 1) %}
        coalesce({{ book_size(side, level) }}, 0)
        {%- if not loop.last %} +{% endif %}
        {%- endfor %}, 0
    )
{%- endmacro %}


{# Orders within `depth` levels; null where the venue gave no counts. #}
{% macro book_orders(side, depth) -%}
    nullif(
        {%- for level in range(1, depth + 1) %}
        coalesce(count_{{ side }}_orders_{{ level }}, 0)
        {%- if not loop.last %} +{% endif %}
        {%- endfor %}, 0
    )
{%- endmacro %}


{# Sum over levels of price times size, quote units. #}
{% macro book_notional(side, depth) -%}
    (
        {%- for level in range(1, depth + 1) %}
        coalesce({{ book_price(side, level) }} * {{ book_size(side, level) }}, 0)
        {%- if not loop.last %} +{% endif %}
        {%- endfor %}
    )
{%- endmacro %}


{# Sum over levels of squared size: numerator of the concentration. #}
{% macro book_squares(side, depth) -%}
    (
        {%- for level in range(1, depth + 1) %}
        coalesce({{ book_size(side, level) }} * {{ book_size(side, level) }}, 0)
        {%- if not loop.last %} +{% endif %}
        {%- endfor %}
    )
{%- endmacro %}


{# Base units within `depth` levels in levels of at least `threshold`. #}
{% macro book_large_volume(side, depth, threshold) -%}
    (
        {%- for level in range(1, depth + 1) %}
        case
            when {{ book_size(side, level) }} >= {{ threshold }}
                then {{ book_size(side, level) }}
            else 0
        end
        {%- if not loop.last %} +{% endif %}
        {%- endfor %}
    )
{%- endmacro %}


{# Fraction of mid by which a level lies away from it, positive on both sides. #}
{% macro book_distance(side, level) -%}
    {%- if side == 'bid' -%}
        ((mid_price - {{ book_price(side, level) }}) / mid_price)
    {%- else -%}
        (({{ book_price(side, level) }} - mid_price) / mid_price)
    {%- endif -%}
{%- endmacro %}


{#
    Slope of a book side: least squares, through the touch's mid, of cumulative size on
    distance from mid: sum(distance * cumulative size) / sum(distance squared), base
    units per fraction of mid.
#}
{% macro book_slope(side, depth) -%}
    (
        (
            {%- for level in range(1, depth + 1) %}
            coalesce({{ book_distance(side, level) }} * cumulative_{{ side }}_{{ level }}, 0)
            {%- if not loop.last %} +{% endif %}
            {%- endfor %}
        )
        / nullif(
            {%- for level in range(1, depth + 1) %}
            coalesce(
                {{ book_distance(side, level) }} * {{ book_distance(side, level) }}, 0
            )
            {%- if not loop.last %} +{% endif %}
            {%- endfor %}, 0
        )
    )
{%- endmacro %}


{# (a - b) / (a + b), in [-1, 1]; null where both are 0 or either is unknown. #}
{% macro imbalance(a, b) -%}
    {{ safe_divide('(' ~ a ~ ') - (' ~ b ~ ')', '(' ~ a ~ ') + (' ~ b ~ ')') }}
{%- endmacro %}
